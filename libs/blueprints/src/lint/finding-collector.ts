import type { ApplyObserver, EntryOrigin, EntryWarning, MissingReference } from '../apply-observer.js';
import type { BlueprintError } from '../blueprint-error.js';
import type { Pk } from '../tagged-value.js';
import type { ExternalReferences } from './external-references.js';
import { type Finding, type FindingLocation, finding, type Rule, ruleOfError } from './finding.js';

/** Collects the findings of files that are applied in memory, and the entries that wrote each object. */
export class FindingCollector implements ApplyObserver {
  readonly findings: Finding[] = [];
  readonly #origins = new Map<Pk, EntryOrigin[]>();

  constructor(private readonly externalReferences: ExternalReferences) {}

  /** Returns the entries that wrote an object, in file order. */
  originsOf(pk: Pk): readonly EntryOrigin[] {
    return this.#origins.get(pk) ?? [];
  }

  onSaved(origin: EntryOrigin, _: string, pk: Pk): void {
    this.#origins.set(pk, [...this.originsOf(pk), origin]);
  }

  onWarning(origin: EntryOrigin, { rule, field, text }: EntryWarning): void {
    this.findings.push(finding(rule, locationOf(origin, field), text));
  }

  onFault({ reason, location: { file = '', line, entry } }: BlueprintError, rule: Rule): void {
    this.findings.push(finding(rule, { file, line, entry }, reason));
  }

  onError(origin: EntryOrigin, { reason, code: fault, location: place }: BlueprintError): Pk {
    const { field, line } = place;
    const text = field === undefined ? reason : `${field}: ${reason}`;
    this.findings.push(
      finding(ruleOfError(fault), { ...locationOf(origin), ...(line === undefined ? {} : { line }) }, text),
    );
    return this.externalReferences.addPlaceholder(origin.entry.location.model?.toLowerCase() ?? '');
  }

  onMissingReference(origin: EntryOrigin, { model, line, searched, question }: MissingReference): Pk {
    const text = `${searched} in these files, so it must exist in the installation.${question}`;
    const location = locationOf(origin);
    this.findings.push(finding('not-in-files', { ...location, line: line ?? location.line }, text));
    return this.externalReferences.addPlaceholder(model);
  }
}

/** Returns the location of an entry, or of one of its fields. */
export const locationOf = ({ file, entry }: EntryOrigin, field?: string): FindingLocation => ({
  file,
  line: (field === undefined ? undefined : entry.lineOf(field)) ?? entry.line,
  entry: entry.location,
});
