import { ConsentsSection } from './consents.section.js';
import { DevicesSection } from './devices.section.js';
import type { Section } from './section.js';
import { SessionsSection } from './sessions.section.js';
import { UserSection } from './user.section.js';

/** The sections of the account page, in order. */
export const SECTIONS: readonly Section[] = [
  { id: 'user', heading: (t) => t('Who you are'), Content: UserSection },
  { id: 'sessions', heading: (t) => t('Where you are signed in'), Content: SessionsSection },
  { id: 'devices', heading: (t) => t('How you prove that it is you'), Content: DevicesSection },
  { id: 'consents', heading: (t) => t('What applications may do'), Content: ConsentsSection },
];
