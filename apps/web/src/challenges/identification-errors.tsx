import { usePage } from '../flow/page.context.js';
import { LinkedText } from '../ui/error-text.js';
import { type Envelope, errorsOf, type WireMessage } from './envelope.js';
import { messagesOf } from './error-words.js';

/** Reason of an answer with a wrong name or password. */
const LOGIN_FAILED = 'identification_failed';

type FieldErrors = readonly WireMessage[] | undefined;

/** The errors of an identification by the field that shows them. */
export interface IdentificationErrors {
  readonly name: FieldErrors;
  readonly password: FieldErrors;
  /** Whether the password is the field to correct. */
  readonly atPassword: boolean;
  /** Fields of the API whose errors these fields show. */
  readonly shown: readonly string[];
}

/**
 * Returns the errors of an identification. A wrong combination of name and password is shown at the password field,
 * because a mistake in a masked text is more likely. Without a password field, it is shown at the name. Any other error
 * of the whole step, such as a used link or a failed captcha, belongs to no field.
 */
export function identificationErrorsOf(
  challenge: Envelope & { readonly password_fields: boolean },
): IdentificationErrors {
  const { uid_field, password, non_field_errors: failed } = errorsOf(challenge);
  const login = failed?.every(({ reason }) => reason === LOGIN_FAILED) ? failed : undefined;
  const shown = ['uid_field', 'password', ...(login ? ['non_field_errors'] : [])];
  const name = uid_field ?? (challenge.password_fields ? undefined : login);
  const atLogin = password ?? (challenge.password_fields ? login : undefined);
  return { name, password: atLogin, atPassword: atLogin !== undefined && name === undefined, shown };
}

interface WrongLoginProps {
  readonly errors: FieldErrors;
  readonly recoveryUrl: string | undefined;
}

/** The text for a refused name and password. It must not reveal whether the account exists (enumeration). */
export function WrongLogin({ errors = [], recoveryUrl }: WrongLoginProps) {
  const { t } = usePage();
  if (errors[0]?.reason !== LOGIN_FAILED) return <>{messagesOf(errors, t)}</>;
  if (!recoveryUrl) return <>{t('Wrong name or password. Please try again.')}</>;
  return <LinkedText text={t('Wrong name or password. Try again or [reset the password].')} href={recoveryUrl} />;
}
