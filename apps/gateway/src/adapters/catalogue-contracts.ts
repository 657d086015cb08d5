import { type StageContract, secretFields } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { Contracts } from '../execution/stages.js';

/** The contracts of the house's own stages. */
export class CatalogueContracts extends Contracts {
  private readonly components = new Set(Object.values(stages).map(({ contract }) => contract.component));

  private readonly secrets = new Set(Object.values(stages).flatMap(({ contract }) => secretFields(contract.response)));

  find(kind: string): StageContract | undefined {
    return Object.hasOwn(stages, kind) ? stages[kind]?.contract : undefined;
  }

  knows(component: string): boolean {
    return this.components.has(component);
  }

  isSecret(field: string): boolean {
    return this.secrets.has(field);
  }
}
