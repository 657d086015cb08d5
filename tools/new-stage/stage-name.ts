import { OWN_COMPONENTS, OWN_MODELS, type StageContract } from '@gatehouse/contracts';

/** All names of a new stage. */
export interface StageNames {
  readonly kind: string;
  /** Name of its folder and its files. */
  readonly folder: string;
  /** Prefix of the names of its classes, and the name of its page component. */
  readonly pascal: string;
  /** Prefix of the names of its contract and of the function that returns its module. */
  readonly camel: string;
  /** Heading of its documents. */
  readonly title: string;
  readonly component: string;
  readonly model: string;
}

/** The names that are in use. */
export interface UsedNames {
  readonly contracts: readonly StageContract[];
  /** Names of the components that the table of pages imports. */
  readonly pages: readonly string[];
}

/** An argument that is not valid. Its message says what to do. */
export class ArgumentError extends Error {}

/** Largest length of a kind, which is one token of NATS subjects. */
const MAX_KIND = 48;
const NAME = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;
/** Names that the code around a stage or its page uses for something else. */
const RESERVED: ReadonlySet<string> = new Set(['button', 'constructor', 'envelope', 'form', 'remote', 'stage']);

/** Returns the names of a new stage. Throws `ArgumentError` for a name that is not valid or in use. */
export function stageNames(name: string, used: UsedNames): StageNames {
  checkForm(name);
  const words = name.split(/[-_]/);
  const [kind, folder] = [words.join('_'), words.join('-')];
  const pascal = words.map(capitalized).join('');
  const names = {
    kind,
    folder,
    pascal,
    camel: `${pascal[0]!.toLowerCase()}${pascal.slice(1)}`,
    title: capitalized(words.join(' ')),
    component: `${OWN_COMPONENTS}${folder}`,
    model: `${OWN_MODELS}${words.join('')}stage`,
  };
  checkUnused(names, used);
  return names;
}

const capitalized = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}`;

function checkForm(name: string): void {
  if (!NAME.test(name))
    throw new ArgumentError(
      `"${name}" is no name of a stage. Use lower-case letters, digits and single hyphens or underscores, beginning with a letter, like terms-of-use.`,
    );
  if (name.length < 2 || name.length > MAX_KIND)
    throw new ArgumentError(`The name of a stage has 2 to ${MAX_KIND} characters, and "${name}" has ${name.length}.`);
  if (/^x[-_]/.test(name))
    throw new ArgumentError(
      `"${name}" begins with x, like the kinds of external stages. Choose another name, or see docs/how-to/write-a-stage-in-another-language.md.`,
    );
}

function checkUnused({ kind, model, pascal, camel }: StageNames, { contracts, pages }: UsedNames): void {
  const other = contracts.find((contract) => contract.kind === kind || contract.model === model);
  if (other) throw new ArgumentError(`There is a stage ${other.kind} with this name already. Choose another name.`);
  if (RESERVED.has(kind) || pascal in globalThis || camel in globalThis || pages.includes(pascal))
    throw new ArgumentError(`"${kind}" is reserved: ${pascal} means something else in the code. Choose another name.`);
}
