import type { ComponentChildren } from 'preact';
import { usePage } from '../flow/page.context.js';
import { WarningIcon } from './error-text.js';

/** A message that screen readers announce immediately. */
export const Alert = ({ children }: { children: ComponentChildren }) => (
  <div class="alert" role="alert">
    <WarningIcon />
    <div>{children}</div>
  </div>
);

/** A message that screen readers announce without interrupting. */
export const Notice = ({ children }: { children: ComponentChildren }) => (
  <div class="notice" role="status">
    {children}
  </div>
);

/** Tells visitors without JavaScript that the step needs it. */
export const ScriptRequired = () => (
  <noscript>
    <p class="notice">{usePage().t('This step needs JavaScript. Please switch it on and reload the page.')}</p>
  </noscript>
);
