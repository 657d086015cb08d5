import {
  fromDescriptor,
  isOwnFact,
  type OwnFactUses,
  Problem,
  privilegesClaimed,
  type StageContract,
  type StageDescriptor,
  secretFields,
} from '@gatehouse/contracts';
import { StageContractRegistry } from '@gatehouse/executor';
import type { FlowVersion } from '@gatehouse/plan';
import type { Logger } from '@gatehouse/platform';
import { proofSteps, stages } from '@gatehouse/stages';
import type { GatewayConfig } from '../gateway.config.js';
import { verifiedPageModule } from './stage-page-module.js';

interface ExternalContract {
  readonly contract: StageContract;
  /** Privileges that the stage claims although `trusted` does not list its kind. */
  readonly distrusted: readonly string[];
}
type ExternalContracts = ReadonlyMap<string, ExternalContract>;

/** The contracts of built-in stages, and of the external stages that a flow version describes. */
export class CatalogueContractRegistry extends StageContractRegistry {
  private readonly components = new Set(Object.values(stages).map(({ contract }) => contract.component));

  private readonly secrets = new Set(Object.values(stages).flatMap(({ contract }) => fieldsForbiddenInUrls(contract)));

  private readonly facts = Object.assign(
    {},
    ...Object.values(stages).map(({ contract }) => contract.facts),
  ) as OwnFactUses;

  /** Contracts of external stages by flow version. Versions never change, so the cache is never stale. */
  private readonly externalContracts = new WeakMap<FlowVersion, ExternalContracts>();

  /** Keys of page modules for which the missing key was logged: flow, kind and signature. */
  private readonly reported = new Set<string>();

  /**
   * `trusted` lists the kinds of external stages whose privileges the operator allows, `pageKeys` the public keys of their
   * page modules. `logger` gets a line for each version of a page module that no key verifies.
   */
  constructor(
    private readonly trusted: ReadonlySet<string> = new Set(),
    private readonly pageKeys: GatewayConfig['STAGE_PAGE_KEYS'] = [],
    private readonly logger?: Pick<Logger, 'event'>,
  ) {
    super();
  }

  find(kind: string, version: FlowVersion): StageContract | undefined {
    if (Object.hasOwn(stages, kind)) return stages[kind]?.contract;
    const external = this.externalContractsOf(version).get(kind);
    const [privilege] = external?.distrusted ?? [];
    if (privilege) throw new Problem('stage_fault', { detail: `${kind} is not in TRUSTED_STAGES, and ${privilege}` });
    return external?.contract;
  }

  hasComponent(component: string, version: FlowVersion): boolean {
    const isOf = ({ contract }: ExternalContract) => contract.component === component;
    return this.components.has(component) || [...this.externalContractsOf(version).values()].some(isOf);
  }

  isSecretField(field: string, version?: FlowVersion): boolean {
    const hides = ({ contract }: ExternalContract) => fieldsForbiddenInUrls(contract).includes(field);
    return (
      this.secrets.has(field) || (version !== undefined && [...this.externalContractsOf(version).values()].some(hides))
    );
  }

  ownFact(name: string, version: FlowVersion) {
    if (!isOwnFact(name)) return undefined;
    const external = [...this.externalContractsOf(version).values()].find(({ contract }) => contract.facts[name]);
    return external?.contract.facts[name]?.schema ?? this.facts[name]?.schema;
  }

  proofSteps() {
    return proofSteps;
  }

  /** Returns the contract of a descriptor. Its form has the page module of the stage only if the module is signed. */
  private contractOf(descriptor: StageDescriptor, flow: string): StageContract {
    const contract = fromDescriptor(descriptor);
    const { form } = contract;
    const module = verifiedPageModule(descriptor, this.pageKeys);
    if (!module) this.reportUnverified(descriptor, flow);
    if (!form || !module) return contract;
    return { ...contract, form: { ...form, inLanguage: (locale) => ({ ...form.inLanguage(locale), module }) } };
  }

  private reportUnverified({ kind, page }: StageDescriptor, flow: string): void {
    if (!page?.module) return;
    const name = `${flow} ${kind} ${page.module.signature}`;
    if (!this.reported.has(name)) this.logger?.event('stage_page_unverified', { stage: kind, flow });
    this.reported.add(name);
  }

  private externalContractsOf(version: FlowVersion): ExternalContracts {
    const cached = this.externalContracts.get(version);
    if (cached) return cached;
    const contracts = new Map(
      Object.entries(version.descriptors).map(([kind, descriptor]) => {
        const distrusted = this.trusted.has(kind) ? [] : privilegesClaimed(descriptor);
        return [kind, { contract: this.contractOf(descriptor, version.flow.slug), distrusted }];
      }),
    );
    this.externalContracts.set(version, contracts);
    return contracts;
  }
}

/** Returns the secret fields of a stage's answers that must not be in the query of a URL. */
const fieldsForbiddenInUrls = ({ response, addressable }: StageContract) =>
  secretFields(response).filter((field) => !addressable.includes(field));
