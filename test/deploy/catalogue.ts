import { stages } from '../../libs/stages/src/catalogue.js';

const contracts = Object.values(stages).map(({ contract }) => contract);

/** The services that the catalogue asks for, and the kinds of stages that each of them serves. */
export const KINDS: ReadonlyMap<string, readonly string[]> = new Map(
  [...new Set(contracts.map(({ service }) => service))].map((service) => [
    service,
    contracts.filter((contract) => contract.service === service).map(({ kind }) => kind),
  ]),
);

/** Everything that runs for good. */
export const SERVICES: readonly string[] = ['gateway', ...KINDS.keys()];
