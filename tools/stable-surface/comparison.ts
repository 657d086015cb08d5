/** The names of each stable surface in one version. */
export interface StableNames {
  readonly version: string;
  readonly surfaces: Readonly<Record<string, readonly string[]>>;
}

/** The sentence of docs/reference/support.md that the check enforces. */
export const PROMISE = 'A name that a release has recorded stays until the next major version.';

/**
 * Returns the names to record at a release: the present names, and the recorded ones unless a new major version begins.
 */
export function recordOf({ version, surfaces }: StableNames, before: StableNames | undefined): StableNames {
  if (before === undefined || isNewMajor(version, before)) return { version, surfaces };
  const merged = Object.entries(surfaces).map(([surface, names]) => [
    surface,
    [...new Set([...names, ...(before.surfaces[surface] ?? [])])].sort(),
  ]);
  return { version, surfaces: Object.fromEntries(merged) };
}

/** Returns a message for each recorded name that is gone. */
export function findRemoved({ version, surfaces }: StableNames, before: StableNames | undefined): string[] {
  if (before === undefined || isNewMajor(version, before)) return [];
  return Object.entries(before.surfaces).flatMap(([surface, names]) => {
    const now = new Set(surfaces[surface]);
    return names
      .filter((name) => !now.has(name))
      .map(
        (name) => `${surface}: ${name} is gone. ${PROMISE} Keep it, and list it in CHANGELOG.md under "Deprecated".`,
      );
  });
}

/** Returns a message for each name that no release has recorded. */
export function findUnrecorded({ surfaces }: StableNames, before: StableNames | undefined): string[] {
  return Object.entries(surfaces).flatMap(([surface, names]) => {
    const recorded = new Set(before?.surfaces[surface]);
    return names
      .filter((name) => !recorded.has(name))
      .map((name) => `${surface}: ${name} is not recorded. Run: npm run check:surface -- --record`);
  });
}

const isNewMajor = (version: string, before: StableNames) => majorOf(version) > majorOf(before.version);
const majorOf = (version: string) => Number(version.split('.')[0]);
