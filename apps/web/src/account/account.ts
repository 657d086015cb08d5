/** Somebody's own page: all that its sections show. */
export interface AccountData {
  readonly user: AccountUser;
  /** Addresses of the flows by which somebody changes what is known of them, where there are such. */
  readonly changes: { readonly details?: string; readonly password?: string };
  readonly sessions: AccountSessions;
  readonly devices: AccountDevices;
  readonly consents: readonly AccountConsent[];
}

/** Who somebody is. */
export interface AccountUser {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly avatar: string;
  readonly groups: readonly string[];
}

/** Where somebody is logged in. */
export interface AccountSessions {
  readonly shown: readonly AccountSession[];
  /** How many there are, shown or not. */
  readonly count: number;
}

/** One place where somebody is logged in. */
export interface AccountSession {
  readonly id: string;
  readonly browser: string;
  readonly system: string;
  readonly address: string;
  readonly lastUsed: Date;
  /** Whether the page was opened in it. */
  readonly current: boolean;
}

/** What an application is allowed. */
export interface AccountConsent {
  readonly id: string;
  readonly application: string;
  readonly permissions: readonly string[];
}

/** What proves somebody besides a password. */
export interface AccountDevices {
  readonly shown: readonly AccountDevice[];
  /** Stages by which somebody sets a device up. */
  readonly setUps: readonly { readonly id: string; readonly name: string }[];
}

/** One such device. */
export interface AccountDevice {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly created: Date;
  readonly lastUsed?: Date;
}
