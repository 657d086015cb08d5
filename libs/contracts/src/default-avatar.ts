/** Path of the avatar of a user without one, and of challenges that have no user. */
export const DEFAULT_AVATAR = '/static/dist/assets/images/user_default.png';
