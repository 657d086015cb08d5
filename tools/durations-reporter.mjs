import { writeFileSync } from 'node:fs';

/** Vitest reporter that writes the seconds of each test file, hooks and loading included, to TEST_DURATIONS_FILE. */
export default class DurationsReporter {
  onTestRunEnd(modules) {
    const durations = modules.map((module) => {
      const { collectDuration, setupDuration, duration } = module.diagnostic();
      return { file: module.relativeModuleId, seconds: (collectDuration + setupDuration + duration) / 1000 };
    });
    writeFileSync(process.env.TEST_DURATIONS_FILE, JSON.stringify(durations));
  }
}
