import { z } from 'zod';
import { duration } from './duration.js';
import { parseYaml, readText } from './yaml-file.js';

/** The placeholders of answers, with their meaning. */
export const PLACEHOLDERS = {
  user: 'the name of the visitor’s account',
  password: 'the password of the account',
  totp: 'a code of the account’s authenticator app that it has not used before',
  static: 'a recovery code of the account that it has not used before',
  new: 'a name that no account has',
} as const;

/** A placeholder of an answer, without its dollar sign. */
export type Placeholder = keyof typeof PLACEHOLDERS;

const PLACEHOLDER = /\$([a-z]+)/g;
const MAX_STEPS = 30;
const MAX_TIMES = 1000;

const think = z.preprocess(
  (value) => (typeof value === 'object' ? value : { min: value, max: value }),
  z
    .strictObject({ min: duration, max: duration })
    .refine(({ min, max }) => min <= max, 'min must not be greater than max'),
);
const NO_THINKING = { min: 0, max: 0 };

const answer = z.record(z.string(), z.json()).superRefine((value, context) => {
  for (const [, name = ''] of JSON.stringify(value).matchAll(PLACEHOLDER))
    if (!Object.hasOwn(PLACEHOLDERS, name))
      context.addIssue(`$${name} is not a placeholder. Placeholders: ${placeholderList}`);
});
const placeholderList = Object.keys(PLACEHOLDERS)
  .map((name) => `$${name}`)
  .join(', ');

const step = z.strictObject({
  /** The challenge that this step answers. */
  component: z.string().min(1),
  answer,
  /** How long the visitor thinks before the answer. */
  think: think.default(NO_THINKING),
  /** Whether the flow may skip this step. */
  optional: z.boolean().default(false),
});

const request = z.strictObject({
  get: z.string().startsWith('/', 'must begin with /'),
  /** Text that the response must contain. May have placeholders. */
  contains: z.string().default(''),
  think: think.default(NO_THINKING),
  times: z.int().min(1).max(MAX_TIMES).default(1),
});

const scenario = z
  .strictObject({
    description: z.string().default(''),
    flow: z.string().regex(/^[-\w]+$/, 'is not the slug of a flow'),
    steps: z.array(step).min(1).max(MAX_STEPS),
    /** The component of the last challenge, at which the flow has ended. */
    end: z.string().min(1).default('xak-flow-redirect'),
    /** Requests in the same session after the flow. */
    afterwards: z.array(request).max(MAX_STEPS).default([]),
  })
  .refine(
    ({ steps, end }) => new Set([end, ...steps.map(({ component }) => component)]).size === steps.length + 1,
    'two steps have the same component, or one has the component of the end: give each step another component',
  );

/** What a visitor does: the answers to the challenges of one flow, and requests after it. */
export interface Scenario extends z.output<typeof scenario> {
  readonly name: string;
}
/** A step of a scenario. */
export type ScenarioStep = Scenario['steps'][number];
/** A request after the flow. */
export type ScenarioRequest = Scenario['afterwards'][number];
/** Bounds of a time that a visitor needs, in milliseconds. */
export type ThinkTime = ScenarioStep['think'];

/** Parses the text of a scenario file. Throws `LoadError` with all mistakes, each with its place. */
export const parseScenario = (text: string, name: string): Scenario => ({
  ...parseYaml(scenario, text, { name, kind: 'a scenario' }),
  name,
});

/** Reads a scenario by its path, or a shipped scenario by its name. */
export async function readScenario(nameOrPath: string): Promise<Scenario> {
  const path = /[./]/.test(nameOrPath) ? nameOrPath : `load/scenarios/${nameOrPath}.yaml`;
  return parseScenario(await readText(path, 'The scenario'), nameOrPath);
}

/** Returns the placeholders in the answers of a scenario. */
export const placeholdersOf = ({ steps }: Pick<Scenario, 'steps'>): ReadonlySet<Placeholder> =>
  new Set([...JSON.stringify(steps).matchAll(PLACEHOLDER)].map(([, name]) => name as Placeholder));

/** Replaces the placeholders in a text of JSON. */
export const fillIn = (json: string, valueOf: (name: Placeholder) => string): string =>
  json.replace(PLACEHOLDER, (_, name: Placeholder) => JSON.stringify(valueOf(name)).slice(1, -1));
