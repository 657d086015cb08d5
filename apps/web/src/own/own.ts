/** Somebody's own page: all that its sections show. */
export interface Own {
  readonly user: OwnUser;
  /** Addresses of the flows by which somebody changes what is known of them, where there are such. */
  readonly changes: { readonly details?: string; readonly password?: string };
  readonly sessions: OwnSessions;
  readonly devices: OwnDevices;
  readonly consents: readonly OwnConsent[];
}

/** Who somebody is. */
export interface OwnUser {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly avatar: string;
  readonly groups: readonly string[];
}

/** Where somebody is logged in. */
export interface OwnSessions {
  readonly shown: readonly OwnSession[];
  /** How many there are, shown or not. */
  readonly count: number;
}

/** One place where somebody is logged in. */
export interface OwnSession {
  readonly id: string;
  readonly browser: string;
  readonly system: string;
  readonly address: string;
  readonly lastUsed: Date;
  /** Whether the page was opened in it. */
  readonly current: boolean;
}

/** What an application is allowed. */
export interface OwnConsent {
  readonly id: string;
  readonly application: string;
  readonly permissions: readonly string[];
}

/** What proves somebody besides a password. */
export interface OwnDevices {
  readonly shown: readonly OwnDevice[];
  /** Stages by which somebody sets a device up. */
  readonly setUps: readonly { readonly id: string; readonly name: string }[];
}

/** One such device. */
export interface OwnDevice {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly created: Date;
  readonly lastUsed?: Date;
}
