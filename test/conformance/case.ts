import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/** The expected response of a step. */
export interface Expectation {
  readonly status?: number;
  readonly component?: unknown;
  readonly body?: unknown;
  readonly location?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly set_cookie?: Readonly<Record<string, unknown>>;
  readonly text?: unknown;
}

/** A request, or a check of what another server has received. README.md describes the members. */
export interface CaseStep {
  readonly note?: string;
  readonly as?: string;
  readonly flow?: string;
  readonly query?: string;
  readonly get?: true | string;
  readonly solve?: unknown;
  readonly raw?: unknown;
  readonly mail?: { readonly to: string; readonly subject?: unknown; readonly find?: Readonly<Record<string, string>> };
  readonly captcha?: unknown;
  readonly env?: CaseEnvironment;
  readonly expect?: Expectation;
}

/** The response of the captcha provider from a step on. */
export interface CaseEnvironment {
  readonly captcha_verify?: object;
}

/** A conformance case. */
export interface Case {
  readonly name: string;
  readonly about: string;
  readonly flow?: string;
  readonly env?: CaseEnvironment;
  readonly steps: readonly CaseStep[];
  /** The text of the blueprint, a YAML document of its own. */
  readonly blueprint: string;
}

const FOLDER = join(import.meta.dirname, 'cases');

/** The names of the cases. */
export const caseNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();

/** Returns a case with its placeholders replaced. */
export function readCase(name: string, placeholders: Readonly<Record<string, string>>): Case {
  const all = { ...placeholders, __CASE__: `${name}${placeholders['__U__'] ?? ''}` };
  const text = Object.entries(all).reduce(
    (before, [placeholder, value]) => before.replaceAll(placeholder, value),
    readFileSync(join(FOLDER, `${name}.yaml`), 'utf8'),
  );
  const document = parseDocument(text, { logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new Error(`${name}: ${error.message}`);
  const parsed = document.toJS() as Omit<Case, 'blueprint'>;
  if (parsed.name !== name) throw new Error(`${name}.yaml has the name ${parsed.name} inside`);
  const blueprint = document.get('blueprint', true);
  document.contents = blueprint as never;
  return { ...parsed, blueprint: document.toString({ lineWidth: 0 }) };
}
