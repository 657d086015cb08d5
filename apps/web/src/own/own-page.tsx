import type { Translate } from '@gatehouse/texts/browser';
import type { OpenedOwn } from '../page.js';
import { Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { SECTIONS } from './sections.js';

/** Somebody's own page. It needs no script: what can be done here are forms. */
export const OwnPage = ({ opened, t }: { opened: OpenedOwn; t: Translate }) => (
  <Frame brand={opened.brand} wide>
    <main>
      <div class="top">
        <h1>{t('You are signed in as {username}.', { username: opened.own.user.username })}</h1>
        <a class="plain" href="/flows/-/default/invalidation/">
          {t('Sign out')}
        </a>
      </div>
      {opened.refused && <Notice>{t('This page was open for too long. Please try again.')}</Notice>}
      {SECTIONS.map(({ id, heading, Content }) => (
        <section key={id} id={id} aria-labelledby={`${id}-heading`}>
          <h2 id={`${id}-heading`}>{heading(t)}</h2>
          <Content opened={opened} t={t} />
        </section>
      ))}
    </main>
  </Frame>
);
