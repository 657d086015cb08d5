import { fieldMessages, problems, systemChallenges } from '@gatehouse/contracts';
import { wireShapes } from '@gatehouse/stages';
import type { StageSources } from './stage-sources.js';

/** Prefix of the component names of external stages, for which the pages have no component of their own. */
const EXTERNAL = 'x-';

const shapes = new Map([...systemChallenges, ...wireShapes].map((shape) => [shape.component as string, shape]));

/** Returns a message for each challenge without a page or an example, and each page or example without a challenge. */
export function pageProblems({ stages, challenges, examples }: StageSources): string[] {
  const shown = new Set(Object.values(examples).map(({ component }) => component));
  const kinds = new Map(Object.values(stages).map(({ contract: { component, kind } }) => [component, kind]));
  return [
    ...[...shapes.keys()].flatMap((component) => {
      const name = kinds.get(component) ?? component;
      return [
        ...(challenges[component] === undefined ? [withoutPage(name, component, challenges)] : []),
        ...(shown.has(component) ? [] : [withoutExample(name, component)]),
      ];
    }),
    ...[...Object.keys(challenges), ...shown]
      .filter((component) => !shapes.has(component) && !component.startsWith(EXTERNAL))
      .map((component) => `no stage shows ${component}: remove its page and its examples in apps/web/src`),
    ...Object.entries(examples).flatMap(([name, example]) => exampleProblems(name, example)),
  ];
}

const fileOf = (kind: string) => `apps/web/src/challenges/${kind.replaceAll('_', '-')}.tsx`;

const withoutPage = (kind: string, component: string, challenges: StageSources['challenges']) =>
  Object.hasOwn(challenges, component)
    ? `${kind} has no page: apps/web/src/challenges/table.ts imports a name for ${component} that its file does not export`
    : `${kind} has no page: add ${fileOf(kind)} and a line for ${component} in apps/web/src/challenges/table.ts`;

const withoutExample = (kind: string, component: string) =>
  `${kind} has no example: add a challenge of ${component} to apps/web/src/examples/steps.ts`;

function exampleProblems(name: string, { component, ...own }: { readonly component: string }): string[] {
  const result = shapes.get(component)?.challenge.safeParse(own);
  const [issue] = result?.error?.issues ?? [];
  return issue
    ? [
        `the example ${name} in apps/web/src/examples does not fit ${component}: ${issue.path.join('.')}: ${issue.message}`,
      ]
    : [];
}

/**
 * Errors for which pages show the text of the API, because this text already says what to do, or because only a program
 * causes the error. All of these errors are older than the error texts of the pages.
 */
const SHOWN_AS_THEY_ARE: ReadonlySet<string> = new Set([
  ...['authenticator_duo_away', 'authenticator_duo_failed', 'authenticator_email_early', 'authenticator_email_unsent'],
  ...['authenticator_email_registered', 'authenticator_validate_email_unsent'],
  ...['authenticator_sms_early', 'authenticator_sms_unsent'],
  ...['authenticator_validate_duo_away', 'authenticator_validate_duo_number', 'authenticator_validate_model'],
  'identification_passkey_model',
  ...['authenticator_validate_sms_early', 'authenticator_validate_sms_unsent', 'authenticator_webauthn_model'],
  ...['consent_changed', 'consent_outdated', 'device_code_finish_over', 'email_unsent', 'group_update_refused'],
  'authorization_code_over',
  ...['password_none', 'post_source_taken', 'prompt_file_size', 'prompt_unshowable', 'source_disabled'],
  ...['source_missing', 'user_delete_failed', 'user_delete_nobody', 'user_write_failed', 'user_write_no_data'],
  ...['user_write_nobody'],
]);

/**
 * Returns a message for each error for which the pages have no text of their own, and for each text of the pages whose
 * error does not exist.
 */
export function errorProblems({ stages, errorWords, pages }: StageSources): string[] {
  const entries = Object.values(stages).flatMap(({ contract: { kind, errors } }) =>
    Object.entries(errors).map(([code, { string }]) => ({ kind, code, string })),
  );
  const codes = new Set([
    ...entries.map(({ code }) => code),
    ...[...Object.values(fieldMessages), ...Object.values(problems)].flatMap((entry) =>
      'code' in entry ? entry.code : [],
    ),
  ]);
  return [
    ...entries
      .filter(
        ({ code, string }) =>
          !Object.hasOwn(errorWords, code) && !Object.hasOwn(pages.de, string) && !SHOWN_AS_THEY_ARE.has(code),
      )
      .map(({ kind, code }) => `the pages have no words for the error ${code} of ${kind}: ${WORDS}`),
    ...[...Object.keys(errorWords), ...SHOWN_AS_THEY_ARE]
      .filter((code) => !codes.has(code))
      .map((code) => `no stage has the error ${code}: remove its words from apps/web/src/challenges/error-words.ts`),
  ];
}

const WORDS =
  'if its text says what the visitor can do next, translate it in libs/texts/src/page-errors. Else add words to ' +
  'apps/web/src/challenges/error-words.ts';
