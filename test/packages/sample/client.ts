import {
  type Challenge,
  type ChallengeOf,
  type ChallengeResponse,
  type ChallengeResult,
  type Client,
  type ClientOptions,
  type Component,
  type CookieJar,
  createClient,
  type DeniedResult,
  type ErrorResult,
  type ExternalChallenge,
  type ExternalComponent,
  type ExternalResponse,
  executorPath,
  type Failure,
  type Fetch,
  type FieldError,
  type FieldErrors,
  type FlowResult,
  type FlowRun,
  type FormField,
  type Interruption,
  interruptionOf,
  isChallenge,
  MAX_RETRIES,
  MAX_WAIT_S,
  mayRetry,
  NO_REPLY,
  type PasswordChallengeResponse,
  type ReceivedChallenge,
  type RedirectResult,
  type Refusal,
  type Reply,
  type ResponseOf,
  readReply,
  retryDelayS,
  type ShownMember,
  STEP_HEADER,
  type StageForm,
  type StartOptions,
  type Unavailable,
  type UnavailableReason,
  type Wait,
  withReasons,
} from '@gatehouse/client';
import {
  type CreateOptions,
  type CredentialJson,
  createCredential,
  createSilently,
  type GetOptions,
  getCredential,
} from '@gatehouse/client/webauthn';

const jar: CookieJar = { getCookieString: async () => '', setCookie: async () => undefined };
const send: Fetch = (url, init) => fetch(url, init);
const options: ClientOptions = { baseUrl: 'https://login.example.org', cookies: jar, fetch: send, retries: 2 };
export const client: Client = createClient(options);
const start: StartOptions = {
  query: 'next=/',
  onWait: ({ reason, seconds, failures }: Wait) => [reason, seconds, failures],
};

/** Runs a flow to its end, as a program would. */
export async function walk(): Promise<FlowResult> {
  const run: FlowRun = await client.start('login', start);
  let result: FlowResult = run.result ?? (await run.refresh());
  while (result.kind === 'challenge') result = await run.solve(await answer(result.challenge));
  return result;
}

async function answer(challenge: Challenge): Promise<ChallengeResponse> {
  switch (challenge.component) {
    case 'ak-stage-identification': {
      const errors: readonly FieldError[] = challenge.response_errors?.uid_field ?? [];
      // @ts-expect-error The response has no such field, so it has no errors.
      const none = challenge.response_errors?.code;
      return { component: challenge.component, uid_field: `alice ${errors.length}${none}` };
    }
    case 'ak-stage-password':
      // @ts-expect-error The field `password` is missing.
      return { component: challenge.component };
    case 'ak-stage-authenticator-totp':
      // @ts-expect-error A password is no response to this challenge.
      return { component: challenge.component, password: 'x' };
    case 'ak-stage-authenticator-webauthn':
      return { component: challenge.component, response: await registered(challenge) };
    case 'ak-stage-authenticator-validate':
      return { component: challenge.component, ...(await proofOf(challenge)) };
    case 'ak-stage-prompt':
      return {
        component: challenge.component,
        ...Object.fromEntries(challenge.fields.map((field) => [field.field_key, ''])),
      };
    // @ts-expect-error A redirect is a result of its own, and no challenge.
    case 'xak-flow-redirect':
      throw new Error('not a challenge');
    default:
      return external(challenge);
  }
}

async function registered({ registration, mediation }: ChallengeOf<'ak-stage-authenticator-webauthn'>) {
  const by: CreateOptions = { mediation: 'optional' };
  const response: CredentialJson =
    mediation === 'conditional' ? await createSilently(registration) : await createCredential(registration, by);
  return response;
}

async function proofOf({ device_challenges: [device] }: ChallengeOf<'ak-stage-authenticator-validate'>) {
  const how: GetOptions = { mediation: 'optional' };
  return device?.device_class === 'webauthn'
    ? { webauthn: await getCredential(device.challenge, how) }
    : { code: '012345' };
}

function external(challenge: Challenge): ExternalResponse {
  if (!isChallenge(challenge, 'acme-quiz')) throw new Error(`unknown component ${challenge.component}`);
  const quiz: ExternalChallenge = challenge;
  const component: ExternalComponent = quiz.component;
  // @ts-expect-error The fields of an external challenge are unknown.
  const text: string = quiz.question;
  const { fields, shows }: StageForm = quiz.gatehouse_form ?? { fields: [], shows: [] };
  const labels = [...fields, ...shows].map(({ name, label }: FormField | ShownMember) => [name, label ?? '']);
  return { component, text, ...Object.fromEntries(labels) };
}

/** Returns the text of a result. Compiles only if the `switch` has all kinds of results. */
export function textOf(result: FlowResult): string {
  switch (result.kind) {
    case 'challenge':
      return textOfChallenge(result);
    case 'redirect':
      return ((redirect: RedirectResult) => redirect.to)(result);
    case 'denied':
      return ((denied: DeniedResult) => `${denied.message} ${denied.reason} ${denied.challenge.pending_user}`)(result);
    case 'error':
      return ((error: ErrorResult) => `${error.code} ${error.message} ${error.retryAfterS} ${error.requestId}`)(result);
  }
}

function textOfChallenge({ challenge, interrupted, restarted }: ChallengeResult): string {
  const why: Interruption | undefined = interrupted;
  const name = isChallenge(challenge, 'ak-stage-dummy') ? challenge.name : challenge.component;
  return `${name} ${why} ${restarted}`;
}

export const component: Component = 'ak-stage-password';
// @ts-expect-error The end of a flow is not the component of a challenge.
export const end: Component = 'ak-stage-access-denied';
export const password: PasswordChallengeResponse = { component, password: 'x' };
export const dummy: ResponseOf<'ak-stage-dummy'> = { component: 'ak-stage-dummy' };
export const errors: FieldErrors<ChallengeOf<'ak-stage-password'>> = {};

/** Handles a reply without `Client`, as the pages of Gatehouse do. */
export async function ownLoop(reason: UnavailableReason): Promise<Reply | undefined> {
  const failure: Failure = { reason, retryAfterS: NO_REPLY.retryAfterS, failures: MAX_RETRIES };
  if (!mayRetry(failure) || retryDelayS(failure) > MAX_WAIT_S) return undefined;
  const reply = await readReply(await fetch(executorPath('login', '')));
  if (reply.kind === 'refused') throw new Error(((refusal: Refusal) => refusal.message)(reply));
  if (interruptionOf(reply)) ((unavailable: Partial<Unavailable>) => unavailable.unprocessed)(reply as Unavailable);
  const challenge: ReceivedChallenge | undefined = reply.kind === 'challenge' ? reply.challenge : undefined;
  if (reply.kind === 'challenge') ((headers: HeadersInit) => headers)({ [STEP_HEADER]: reply.step ?? '' });
  if (challenge) withReasons(challenge, 'password=wrong');
  return reply;
}
