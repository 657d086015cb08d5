import type { Translate } from '@gatehouse/texts/browser';
import type { AccountPageData } from '../page.js';
import { Alert, Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { MAX_NAME } from './devices.section.js';
import type { SectionProps } from './section.js';
import { SECTIONS } from './sections.js';

/** The account page of a user. The page needs no JavaScript, because every action is a form. */
export const AccountPage = ({ pageData, t }: { pageData: AccountPageData; t: Translate }) => (
  <Frame brand={pageData.brand} menu={languageMenuOf({ pageData, t })} wide>
    <main>
      <div class="top">
        <h1>{t('You are signed in as {username}.', { username: pageData.account.user.username })}</h1>
        <a class="plain" href="/flows/-/default/invalidation/">
          {t('Sign out')}
        </a>
      </div>
      {pageData.refused && <Refused pageData={pageData} reason={pageData.refused} t={t} />}
      {SECTIONS.map(({ id, heading, Content }) => (
        <section key={id} id={id} aria-labelledby={`${id}-heading`}>
          <h2 id={`${id}-heading`}>{heading(t)}</h2>
          <Content pageData={pageData} t={t} />
        </section>
      ))}
    </main>
  </Frame>
);

function Refused({ pageData, reason, t }: SectionProps & { reason: NonNullable<AccountPageData['refused']> }) {
  if (reason === 'stale') return <Notice>{t('This page was open for too long. Please try again.')}</Notice>;
  if (reason === 'name')
    return <Alert>{t('A name has one character at least and {max} at most.', { max: MAX_NAME })}</Alert>;
  return (
    <Alert>
      {t('Before a device is removed, sign in again and prove yourself by one of your devices.')}{' '}
      <a href={`/flows/-/default/authentication/?next=${encodeURIComponent(pageData.address)}`}>{t('Sign in again')}</a>
    </Alert>
  );
}
