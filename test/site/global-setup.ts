import type { TestProject } from 'vitest/node';
import { findChromium } from '../support/chromium-binary.js';

/** Finds Chromium. The drill needs neither Postgres nor NATS. */
export default function setup(project: TestProject): void {
  project.provide('chromium', findChromium() ?? '');
}
