/** How the ends of plans are recorded (docs/spec/journeys.md). */
export interface JourneySettings {
  /** Whether the ends of plans are recorded or counted at all. */
  readonly isOn: boolean;
  /** Whether journey records name the user of the plan. */
  readonly users: boolean;
  /** Whether an event is sent for each journey record. */
  readonly events: boolean;
  /** Whether the journey records have reached their largest size. Ended plans are then only counted. */
  isFull: boolean;
}
