import type { Translate } from '@gatehouse/texts/browser';
import type { SectionProps } from '../own/section.js';
import type { AccountPageData } from '../page.js';
import { Alert, Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { MAX_NAME } from './devices.section.js';
import { SECTIONS } from './sections.js';

/** Somebody's own page. It needs no script: what can be done here are forms. */
export const AccountPage = ({ opened, t }: { opened: AccountPageData; t: Translate }) => (
  <Frame brand={opened.brand} wide>
    <main>
      <div class="top">
        <h1>{t('You are signed in as {username}.', { username: opened.own.user.username })}</h1>
        <a class="plain" href="/flows/-/default/invalidation/">
          {t('Sign out')}
        </a>
      </div>
      {opened.refused && <Refused opened={opened} why={opened.refused} t={t} />}
      {SECTIONS.map(({ id, heading, Content }) => (
        <section key={id} id={id} aria-labelledby={`${id}-heading`}>
          <h2 id={`${id}-heading`}>{heading(t)}</h2>
          <Content opened={opened} t={t} />
        </section>
      ))}
    </main>
  </Frame>
);

function Refused({ opened, why, t }: SectionProps & { why: NonNullable<AccountPageData['refused']> }) {
  if (why === 'stale') return <Notice>{t('This page was open for too long. Please try again.')}</Notice>;
  if (why === 'name')
    return <Alert>{t('A name has one character at least and {max} at most.', { max: MAX_NAME })}</Alert>;
  return (
    <Alert>
      {t('Before a device is removed, sign in again and prove yourself by one of your devices.')}{' '}
      <a href={`/flows/-/default/authentication/?next=${encodeURIComponent(opened.address)}`}>{t('Sign in again')}</a>
    </Alert>
  );
}
