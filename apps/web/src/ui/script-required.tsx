import { usePage } from '../flow/page.context.js';

/** For steps that cannot do without a script. */
export const ScriptRequired = () => (
  <noscript>
    <p class="notice">{usePage().t('This step needs JavaScript. Please switch it on and reload the page.')}</p>
  </noscript>
);
