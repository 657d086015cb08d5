import type { Translate } from '@gatehouse/texts/browser';
import type { Brand } from './page.js';
import { Frame } from './ui/frame.js';

/** Says who is logged in. */
export const HomePage = ({ brand, username, t }: { brand: Brand; username: string; t: Translate }) => (
  <Frame brand={brand} layout={brand.layout}>
    <main>
      <h1>{brand.title}</h1>
      <p>{t('You are signed in as {username}.', { username })}</p>
      <ul class="links">
        <li>
          <a href="/flows/-/default/invalidation/">{t('Sign out')}</a>
        </li>
      </ul>
    </main>
  </Frame>
);
