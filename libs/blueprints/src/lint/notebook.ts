import type { Notice, Observer, Origin } from '../applier.js';
import type { BlueprintError } from '../blueprint-error.js';
import type { JsonMap } from '../json.js';
import type { Pk } from '../written.js';
import type { Elsewhere } from './elsewhere.js';
import { type Finding, finding, ruleOf, type Whereabouts } from './finding.js';

/** What is found while files are applied on paper, and which entry made what. */
export class Notebook implements Observer {
  readonly findings: Finding[] = [];
  readonly #origins = new Map<Pk, Origin[]>();

  constructor(private readonly elsewhere: Elsewhere) {}

  /** The entries that made an object, in their order. */
  originsOf(pk: Pk): readonly Origin[] {
    return this.#origins.get(pk) ?? [];
  }

  saved(origin: Origin, _: string, pk: Pk): void {
    this.#origins.set(pk, [...this.originsOf(pk), origin]);
  }

  noticed(origin: Origin, { rule, field, text }: Notice): void {
    this.findings.push(finding(rule, placeOf(origin, field), text));
  }

  failed(origin: Origin, { reason, fault, place }: BlueprintError): Pk {
    const { field, line } = place;
    const text = field === undefined ? reason : `${field}: ${reason}`;
    this.findings.push(finding(ruleOf(fault), { ...placeOf(origin), ...(line === undefined ? {} : { line }) }, text));
    return this.elsewhere.add(origin.entry.place.model?.toLowerCase() ?? '');
  }

  assumed(origin: Origin, model: string, fields: JsonMap): Pk {
    const text = `no ${model} in these files has ${JSON.stringify(fields)}: it must be in the installation`;
    this.findings.push(finding('not-in-files', placeOf(origin), text));
    return this.elsewhere.add(model);
  }
}

/** Where an entry is, or a field of it. */
export const placeOf = ({ file, entry }: Origin, field?: string): Whereabouts => ({
  file,
  line: (field === undefined ? undefined : entry.lineOf(field)) ?? entry.line,
  entry: entry.place,
});
