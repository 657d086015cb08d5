import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { withCrossSite } from '../flow/executor.js';
import { usePage } from '../flow/page.context.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { ScriptRequired } from '../ui/script-required.js';
import { type CaptchaPuzzle, CaptchaWidget } from './captcha-widget.js';
import { type Envelope, errorsOf } from './envelope.js';
import { type Source, SourceButtons, SourceStep } from './sources.js';

/** Asks who somebody is. */
export interface IdentificationChallenge extends Envelope {
  readonly user_fields?: readonly string[] | null | undefined;
  readonly password_fields: boolean;
  readonly allow_show_password?: boolean;
  readonly captcha_stage?: CaptchaPuzzle | null | undefined;
  readonly application_pre?: string | undefined;
  readonly flow_designation?: string;
  readonly enroll_url?: string | undefined;
  readonly recovery_url?: string | undefined;
  readonly passwordless_url?: string | undefined;
  readonly primary_action?: string;
  readonly sources?: readonly Source[];
  readonly show_source_labels?: boolean;
}

export function Identification({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const [source, choose] = useState<Source>();
  const { sources = [], application_pre: application, flow_designation: designation } = challenge;
  const fields = challenge.user_fields ?? [];
  useOnlyWay(challenge);
  usePasskeys(challenge.passwordless_url);
  if (source) return <SourceStep source={source} back={() => choose(undefined)} />;
  return (
    <>
      {application && <p>{t('Log in to continue to {application}.', { application })}</p>}
      {designation === 'recovery' && (
        <p>
          {t('Enter the email address or username of your account. You will be sent what you need to get in again.')}
        </p>
      )}
      {fields.length > 0 ? <Names challenge={challenge} /> : <p>{t('Select one of the options below.')}</p>}
      {sources.length > 0 && (
        <SourceButtons
          sources={sources}
          labels={challenge.show_source_labels ?? false}
          alone={fields.length === 0}
          choose={choose}
        />
      )}
      <Links challenge={challenge} />
    </>
  );
}

function Names({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const puzzle = challenge.captcha_stage ?? undefined;
  const { token, solved, ready } = useToken(puzzle);
  return (
    <>
      <Form challenge={challenge} fields={['uid_field', 'password']} ready={ready}>
        <NameFields challenge={challenge} />
        {puzzle && <input ref={token} type="hidden" name="captcha_token" />}
        <Button>{challenge.primary_action ?? t('Continue')}</Button>
      </Form>
      {/* Outside of the form, which nothing that a provider draws may send. */}
      {puzzle && <CaptchaWidget puzzle={puzzle} solved={solved} />}
      {puzzle && <ScriptRequired />}
    </>
  );
}

function NameFields({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const errors = errorsOf(challenge);
  const fields = challenge.user_fields ?? [];
  const atPassword = errors['password'] !== undefined && errors['uid_field'] === undefined;
  return (
    <>
      <Field
        name="uid_field"
        label={useLabel(fields)}
        type={fields.join() === 'email' ? 'email' : 'text'}
        autocomplete="username webauthn"
        errors={errors['uid_field']}
        first={!atPassword}
      />
      {challenge.password_fields && (
        <Field
          name="password"
          label={t('Password')}
          type="password"
          autocomplete="current-password"
          revealable={challenge.allow_show_password ?? false}
          errors={errors['password']}
          first={atPassword}
        />
      )}
    </>
  );
}

/** The token of a puzzle in this form, for which whoever is quicker than the puzzle has to wait. */
function useToken(puzzle: CaptchaPuzzle | undefined) {
  const token = useRef<HTMLInputElement>(null);
  return useMemo(() => {
    let arrived: () => void = () => undefined;
    const arrival = puzzle ? new Promise<void>((resolve) => (arrived = resolve)) : Promise.resolve();
    const solved = (text: string) => {
      if (token.current) token.current.value = text;
      arrived();
    };
    return { token, solved, ready: () => arrival };
  }, [puzzle]);
}

function useLabel(fields: readonly string[]): string {
  const { t } = usePage();
  switch (fields.join()) {
    case 'username,email':
      return t('Username or email');
    case 'email,username':
      return t('Email or username');
    default:
      return fields
        .map((field) => ({ email: t('Email'), username: t('Username'), upn: t('UPN') })[field] ?? field)
        .join(' / ');
  }
}

function Links({ challenge: { enroll_url, recovery_url, passwordless_url } }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const links = [
    [passwordless_url, t('Use a passkey or security key')],
    [recovery_url, t('Forgot username or password?')],
    [enroll_url, t('Create an account')],
  ].filter(([url]) => url);
  if (links.length === 0) return null;
  return (
    <ul class="links">
      {links.map(([url, text]) => (
        <li key={url}>
          <a href={url}>{text}</a>
        </li>
      ))}
    </ul>
  );
}

/**
 * With one source and nothing else there is nothing to choose. The address repeats that another site led here, because no
 * such visit connects an account of a user who is logged in.
 */
function useOnlyWay({ sources = [], user_fields, passwordless_url }: IdentificationChallenge) {
  const { waits } = usePage();
  useEffect(() => {
    const [only, ...others] = sources;
    const choice = others.length > 0 || (user_fields ?? []).length > 0 || passwordless_url;
    const { component, to } = only?.challenge ?? {};
    if (!choice && component === 'xak-flow-redirect' && to) location.assign(waits ? withCrossSite(to) : to);
  }, []);
}

/** Passkeys are offered among the suggestions of the name, where the browser can and the flow knows a way in by them. */
function usePasskeys(url: string | undefined) {
  useEffect(() => {
    if (!url || typeof PublicKeyCredential === 'undefined') return undefined;
    const stop = new AbortController();
    void import('../flow/passkeys.js').then(({ offerPasskeys }) => offerPasskeys(url, stop.signal));
    return () => stop.abort();
  }, [url]);
}
