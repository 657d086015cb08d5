import type { ApiVersion } from './api-version.js';

/** Lowest and highest score of a name at one address. Absent: no limit. */
export interface ReputationLimits {
  readonly lowest?: number | undefined;
  readonly highest?: number | undefined;
}

/** The default limits of reputation scores, by API line (docs/spec/events.md#reputation). */
export const REPUTATION_LIMITS: Readonly<Record<ApiVersion, ReputationLimits>> = {
  '2024.8': {},
  '2026.8': { lowest: -5, highest: 5 },
};
