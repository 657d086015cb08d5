export type { Opened, Pages } from './page.js';
