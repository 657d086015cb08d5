/** The data of the account page. */
export interface AccountData {
  readonly user: AccountUser;
  /** URL of the pages on which superusers change flows; undefined for other users. */
  readonly flowPages?: string;
  /** URLs of the brand's user settings flow, and of the `configure_flow` of a password stage, if there are such flows. */
  readonly changeFlows: { readonly details?: string; readonly password?: string };
  /** The other users of the browser; undefined if the brand does not let users switch. */
  readonly otherUsers?: readonly { readonly pk: number; readonly username: string }[];
  readonly sessions: AccountSessions;
  readonly devices: AccountDevices;
  readonly passkeys: AccountPasskeys;
  readonly consents: readonly AccountConsent[];
}

/** The user's profile. */
export interface AccountUser {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly avatar: string;
  readonly groups: readonly string[];
}

/** The user's sessions. */
export interface AccountSessions {
  readonly shown: readonly AccountSession[];
  /** Total number of sessions, including sessions that the page does not show. */
  readonly count: number;
}

/** One session of the user. */
export interface AccountSession {
  readonly id: string;
  readonly browser: string;
  readonly system: string;
  readonly address: string;
  readonly lastUsed: Date;
  /** Whether this is the session of the current request. */
  readonly current: boolean;
}

/** The permissions that the user granted to an application. */
export interface AccountConsent {
  readonly id: string;
  readonly application: string;
  readonly permissions: readonly string[];
}

/** The user's authenticators. */
export interface AccountDevices {
  readonly shown: readonly AccountDevice[];
  /** Stages with which the user can enrol another device. */
  readonly enrolmentStages: readonly { readonly id: string; readonly name: string }[];
}

/** The passkeys of the site that the page reports to the browser. Binary values are in base64url. */
export interface AccountPasskeys {
  readonly rpId: string;
  readonly userId: string;
  /** The username, and the full name, or the username again if there is no full name. */
  readonly name: string;
  readonly displayName: string;
  /** The credential ids of all passkeys of the user. */
  readonly allAcceptedCredentialIds: readonly string[];
}

/** One authenticator. */
export interface AccountDevice {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly created: Date;
  readonly lastUsed?: Date;
  /** Details of a passkey; absent for other devices. A detail is null if it is unknown. */
  readonly passkey?: {
    readonly authenticator: string | null;
    readonly backup_eligible: boolean | null;
    readonly backed_up: boolean | null;
  };
}
