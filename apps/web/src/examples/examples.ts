import type { Challenge } from '../page.js';
import { DEVICES } from './devices.js';
import { PROMPTS } from './prompts.js';
import { STEPS } from './steps.js';

/** Every challenge that there is, made up. */
export const EXAMPLES: Readonly<Record<string, Challenge>> = { ...STEPS, ...DEVICES, ...PROMPTS };
