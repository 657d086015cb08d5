/** Outlines on a grid of 24 × 24, by device class. */
const OUTLINES: Readonly<Record<string, string>> = {
  /** A key. */
  webauthn: 'M8 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 12h9v4M17 12v3',
  /** A phone that shows a code. */
  totp: 'M7 2h10v20H7zM10 9h.01M14 9h.01M10 13h.01M14 13h.01',
  /** A phone with a tick. */
  duo: 'M7 2h10v20H7zM10 12l1.5 2L14 10',
  /** A speech bubble. */
  sms: 'M4 4h16v12h-9l-5 4v-4H4zM8 10h.01M12 10h.01M16 10h.01',
  /** An envelope. */
  email: 'M3 5h18v14H3zM3 6l9 7l9-7',
  /** A sheet of paper. */
  static: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h3',
};

/** The icon of a device class. Screen readers skip it, because a name stands beside it. */
export const FactorIcon = ({ of }: { of: string }) => (
  <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path d={OUTLINES[of] ?? OUTLINES['webauthn']} />
  </svg>
);
