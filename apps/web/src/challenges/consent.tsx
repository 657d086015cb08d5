import type { Translate } from '@gatehouse/texts/browser';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Form } from '../ui/form.js';
import { RefusalLink } from '../ui/refusal-link.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

interface Permission {
  readonly id: string;
  readonly name: string;
}

/** The challenge to consent to the permissions of an application. */
export interface ConsentChallenge extends Envelope {
  readonly header_text?: string | undefined;
  readonly permissions: readonly Permission[];
  readonly additional_permissions: readonly Permission[];
  readonly token: string;
  /** `email` if the visitor has opened a mailed link, which takes effect after a confirmation. */
  readonly confirms?: 'email' | undefined;
}

export function Consent({ challenge }: { challenge: ConsentChallenge }) {
  const { t, pageData } = usePage();
  const header = headerOf(challenge, t);
  const granted = withText(challenge.permissions);
  const requested = withText(challenge.additional_permissions);
  const asksForPermissions = challenge.permissions.length + challenge.additional_permissions.length > 0;
  return (
    <>
      <UserBadge challenge={challenge} />
      <Form challenge={challenge}>
        <input type="hidden" name="token" value={challenge.token} />
        {header && <p class="lead">{header}</p>}
        {requested.length > 0 ? (
          <>
            <Permissions title={t('The application already has these permissions:')} permissions={granted} />
            <Permissions title={t('The application asks for these permissions too:')} permissions={requested} />
          </>
        ) : (
          <Permissions title={t('The application asks for these permissions:')} permissions={granted} />
        )}
        {/*
         * The gateway also uses this challenge, without permissions, to let the visitor confirm a mailed link, or a run
         * that another site began. Its button has no focus, nor has that of a page which another site opened, so that a
         * key that the visitor holds down during the navigation does not press it.
         */}
        <Button autofocus={asksForPermissions && !pageData.cross_site}>{t('Continue')}</Button>
      </Form>
      {asksForPermissions && <RefusalLink challenge={challenge} />}
    </>
  );
}

const headerOf = ({ confirms, header_text }: ConsentChallenge, t: Translate) =>
  confirms === 'email'
    ? t('You have followed the link in our email. Go on, if it was you who asked for it.')
    : header_text;

function Permissions({ title, permissions }: { title: string; permissions: readonly Permission[] }) {
  if (permissions.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul class="permissions">
        {permissions.map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
      </ul>
    </>
  );
}

/**
 * Returns the permissions to list: all permissions that have a text for users, except `openid`, which allows only the
 * login.
 */
const withText = (permissions: readonly Permission[]) =>
  permissions.filter(({ name, id }) => name !== '' && id !== 'openid');
