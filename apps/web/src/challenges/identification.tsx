import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { withCrossSite } from '../flow/executor.js';
import { usePage } from '../flow/page.context.js';
import { ScriptRequired } from '../ui/alert.js';
import { Button } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { AccountMemory, keepAccount } from './account-memory.js';
import { type CaptchaOptions, CaptchaWidget } from './captcha-widget.js';
import { identificationErrorsOf, WrongLogin } from './identification-errors.js';
import { keepManagerFields, ManagerFields } from './manager-fields.js';
import { OtherWays } from './other-ways.js';
import { type Source, SourceStep } from './sources.js';
import { type PasskeyOffer, usePasskeys } from './use-passkeys.js';

/** The challenge to identify the user. */
export interface IdentificationChallenge extends PasskeyOffer {
  readonly user_fields?: readonly string[] | null | undefined;
  readonly password_fields: boolean;
  readonly allow_show_password?: boolean;
  readonly captcha_stage?: CaptchaOptions | null | undefined;
  readonly application_pre?: string | undefined;
  readonly pending_user_identifier?: string | null | undefined;
  readonly flow_designation?: string;
  readonly enroll_url?: string | undefined;
  readonly recovery_url?: string | undefined;
  readonly primary_action?: string;
  readonly sources?: readonly Source[];
  readonly show_source_labels?: boolean;
  /** Whether the page offers to remember the name in the browser. Absent counts as true. */
  readonly enable_remember_me?: boolean;
}

export function Identification({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const [source, setSource] = useState<Source>();
  const fields = challenge.user_fields ?? [];
  useSingleSource(challenge);
  const { usePasskey } = usePasskeys(challenge);
  if (source) return <SourceStep source={source} back={() => setSource(undefined)} />;
  return (
    <>
      <Introduction challenge={challenge} />
      {fields.length > 0 ? (
        <IdentificationForm challenge={challenge} />
      ) : (
        <p>{t('Select one of the options below.')}</p>
      )}
      <OtherWays
        passkeyUrl={challenge.passwordless_url}
        usePasskey={usePasskey}
        sources={challenge.sources ?? []}
        labels={challenge.show_source_labels ?? false}
        alone={fields.length === 0}
        choose={setSource}
      />
      <Links challenge={challenge} />
    </>
  );
}

/** The introduction: the application that the user logs in to, or what a recovery flow asks for. */
function Introduction({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const { application_pre: application, flow_designation: designation } = challenge;
  return (
    <>
      {application && <p>{t('Log in to continue to {application}.', { application })}</p>}
      {designation === 'recovery' && (
        <p>
          {t('Enter the email address or username of your account. You will be sent what you need to get in again.')}
        </p>
      )}
    </>
  );
}

function IdentificationForm({ challenge }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const { captcha, renew } = useEmbeddedCaptcha(challenge);
  const { token, onSolved, solved } = useCaptchaToken(captcha);
  const asksForPassword = challenge.password_fields;
  const isLogin = challenge.flow_designation === 'authentication';
  const ready = async (form: HTMLFormElement) => {
    await solved;
    keepAccount(form);
    keepManagerFields(form);
  };
  return (
    <>
      <Form challenge={challenge} fields={identificationErrorsOf(challenge).shown} ready={ready}>
        <IdentificationFields challenge={challenge} />
        {isLogin && !asksForPassword && <ManagerFields />}
        {isLogin && challenge.enable_remember_me !== false && <AccountMemory />}
        {captcha && <input ref={token} type="hidden" name="captcha_token" />}
        <Button>{(asksForPassword && challenge.primary_action) || t('Next')}</Button>
      </Form>
      {/* The captcha is outside of the form, so that no control of the captcha provider can submit the form. */}
      {captcha && <CaptchaWidget captcha={captcha} onSolved={onSolved} onRetry={renew} />}
      {captcha && <ScriptRequired />}
    </>
  );
}

function IdentificationFields({ challenge }: { challenge: IdentificationChallenge }) {
  const { t, pageData } = usePage();
  const errors = identificationErrorsOf(challenge);
  const fields = challenge.user_fields ?? [];
  return (
    <>
      <Field
        name="uid_field"
        label={useLabel(fields)}
        type={fields.join() === 'email' ? 'email' : 'text'}
        autocomplete="username webauthn"
        initial={pageData.typed?.['uid_field'] ?? challenge.pending_user_identifier ?? undefined}
        errors={errors.name}
        first={!errors.atPassword}
      />
      {challenge.password_fields && (
        <Field
          name="password"
          label={t('Password')}
          type="password"
          autocomplete="current-password"
          revealable={challenge.allow_show_password ?? false}
          errors={errors.password}
          errorText={<WrongLogin errors={errors.password} recoveryUrl={challenge.recovery_url} />}
          first={errors.atPassword}
        />
      )}
    </>
  );
}

/**
 * Returns the captcha of the challenge, and a function that fetches another captcha without reloading the step, so that
 * the form keeps its input.
 */
function useEmbeddedCaptcha(challenge: IdentificationChallenge) {
  const { fetchChallenge, refetch } = usePage();
  const [renewed, setRenewed] = useState<{ of: IdentificationChallenge; captcha: CaptchaOptions }>();
  const renew = async () => {
    const { captcha_stage: captcha } = ((await fetchChallenge()) ?? {}) as Partial<IdentificationChallenge>;
    if (captcha) setRenewed({ of: challenge, captcha });
    else refetch();
  };
  const captcha = (renewed?.of === challenge ? renewed.captcha : challenge.captcha_stage) ?? undefined;
  return { captcha, renew: () => void renew() };
}

/** Returns the ref of the form's token input, and `solved`, which resolves when the captcha is solved. */
function useCaptchaToken(captcha: CaptchaOptions | undefined) {
  const token = useRef<HTMLInputElement>(null);
  return useMemo(() => {
    let arrived: () => void = () => undefined;
    const arrival = captcha ? new Promise<void>((resolve) => (arrived = resolve)) : Promise.resolve();
    const onSolved = (text: string) => {
      if (token.current) token.current.value = text;
      arrived();
    };
    return { token, onSolved, solved: arrival };
  }, [captcha]);
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

function Links({ challenge: { enroll_url, recovery_url } }: { challenge: IdentificationChallenge }) {
  const { t } = usePage();
  const links = [
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
 * Redirects to the source if it is the only way to log in. If another site opened the page, the URL gets `cross_site=1`,
 * so that the login connects no account to the logged-in user.
 */
function useSingleSource({ sources = [], user_fields, passwordless_url }: IdentificationChallenge) {
  const { awaitsAction } = usePage();
  useEffect(() => {
    const [first, ...rest] = sources;
    const hasChoice = rest.length > 0 || (user_fields ?? []).length > 0 || passwordless_url;
    const { component, to } = first?.challenge ?? {};
    if (!hasChoice && component === 'xak-flow-redirect' && to) location.assign(awaitsAction ? withCrossSite(to) : to);
  }, []);
}
