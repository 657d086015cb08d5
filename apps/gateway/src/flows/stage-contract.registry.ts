import { fromDescriptor, Problem, privilegesClaimed, type StageContract, secretFields } from '@gatehouse/contracts';
import { StageContractRegistry } from '@gatehouse/executor';
import type { FlowVersion } from '@gatehouse/plan';
import { stages } from '@gatehouse/stages';

interface ExternalContract {
  readonly contract: StageContract;
  /** What it claims and is not trusted with. */
  readonly distrusted: readonly string[];
}
type ExternalContracts = ReadonlyMap<string, ExternalContract>;

/** The contracts of the house's own stages, and of the strangers that a flow version describes. */
export class CatalogueContractRegistry extends StageContractRegistry {
  private readonly components = new Set(Object.values(stages).map(({ contract }) => contract.component));

  private readonly secrets = new Set(Object.values(stages).flatMap(({ contract }) => fieldsForbiddenInUrls(contract)));

  private readonly proofs = Object.values(stages)
    .flatMap(({ contract: { kind, proof_step } }) => (proof_step ? [{ kind, ...proof_step }] : []))
    .sort((a, b) => a.order - b.order)
    .map(({ kind, config }) => ({ kind, config }));

  /** Versions never change, so what was made of one stays right for as long as it is kept. */
  private readonly strangers = new WeakMap<FlowVersion, ExternalContracts>();

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
    const isOf = ({ contract }: ExternalContract) => contract.component === component;
    return this.components.has(component) || [...this.strangersOf(version).values()].some(isOf);
  }

  isSecret(field: string, version?: FlowVersion): boolean {
    const hides = ({ contract }: ExternalContract) => fieldsForbiddenInUrls(contract).includes(field);
    return this.secrets.has(field) || (version !== undefined && [...this.strangersOf(version).values()].some(hides));
  }

  proofSteps() {
    return this.proofs;
  }

  private strangersOf(version: FlowVersion): ExternalContracts {
    const known = this.strangers.get(version);
    if (known) return known;
    const made = new Map(
      Object.entries(version.descriptors).map(([kind, descriptor]) => {
        const distrusted = this.trusted.has(kind) ? [] : privilegesClaimed(descriptor);
        return [kind, { contract: fromDescriptor(descriptor), distrusted }];
      }),
    );
    this.strangers.set(version, made);
    return made;
  }
}

/** The fields of a stage's answers that no address may name. */
const fieldsForbiddenInUrls = ({ response, addressable }: StageContract) =>
  secretFields(response).filter((field) => !addressable.includes(field));
