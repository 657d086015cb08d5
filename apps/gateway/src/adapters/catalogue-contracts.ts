import { contractOf, liberties, Problem, type StageContract, secretFields } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';
import { stages } from '@gatehouse/stages';
import { Contracts } from '../execution/stages.js';

interface Stranger {
  readonly contract: StageContract;
  /** What it claims and is not trusted with. */
  readonly distrusted: readonly string[];
}
type Strangers = ReadonlyMap<string, Stranger>;

/** The contracts of the house's own stages, and of the strangers that a flow version describes. */
export class CatalogueContracts extends Contracts {
  private readonly components = new Set(Object.values(stages).map(({ contract }) => contract.component));

  private readonly secrets = new Set(Object.values(stages).flatMap(({ contract }) => unaddressable(contract)));

  /** Versions never change, so what was made of one stays right for as long as it is kept. */
  private readonly strangers = new WeakMap<FlowVersion, Strangers>();

  /** `trusted`: kinds of strangers whose liberties the operator allows. */
  constructor(private readonly trusted: ReadonlySet<string> = new Set()) {
    super();
  }

  find(kind: string, version: FlowVersion): StageContract | undefined {
    if (Object.hasOwn(stages, kind)) return stages[kind]?.contract;
    const stranger = this.strangersOf(version).get(kind);
    const [liberty] = stranger?.distrusted ?? [];
    if (liberty) throw new Problem('stage_fault', { detail: `${kind} is not in TRUSTED_STAGES, and ${liberty}` });
    return stranger?.contract;
  }

  knows(component: string, version: FlowVersion): boolean {
    const isOf = ({ contract }: Stranger) => contract.component === component;
    return this.components.has(component) || [...this.strangersOf(version).values()].some(isOf);
  }

  isSecret(field: string, version?: FlowVersion): boolean {
    const hides = ({ contract }: Stranger) => unaddressable(contract).includes(field);
    return this.secrets.has(field) || (version !== undefined && [...this.strangersOf(version).values()].some(hides));
  }

  private strangersOf(version: FlowVersion): Strangers {
    const known = this.strangers.get(version);
    if (known) return known;
    const made = new Map(
      Object.entries(version.descriptors).map(([kind, descriptor]) => {
        const distrusted = this.trusted.has(kind) ? [] : liberties(descriptor);
        return [kind, { contract: contractOf(descriptor), distrusted }];
      }),
    );
    this.strangers.set(version, made);
    return made;
  }
}

/** The fields of a stage's answers that no address may name. */
const unaddressable = ({ response, addressable }: StageContract) =>
  secretFields(response).filter((field) => !addressable.includes(field));
