/** How the ends of plans are recorded (docs/spec/journeys.md). */
export interface JourneySettings {
  /** Whether ends of plans are recorded or counted. */
  readonly isOn: boolean;
  /** Whether records name the user of the plan. */
  readonly users: boolean;
  /** Whether each record has an event. */
  readonly events: boolean;
  /** Whether the records have reached their largest size. Ended plans are only counted then. */
  isFull: boolean;
}
