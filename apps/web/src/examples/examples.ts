import type { Challenge } from '../page.js';
import { DEVICES } from './devices.js';
import { EXTERNAL } from './external.js';
import { PROMPTS } from './prompts.js';
import { STEPS } from './steps.js';

/** Made-up examples of every challenge, by name. */
export const EXAMPLES: Readonly<Record<string, Challenge>> = { ...STEPS, ...DEVICES, ...PROMPTS, ...EXTERNAL };
