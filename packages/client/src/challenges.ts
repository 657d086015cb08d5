// Generated from the contracts by `npm run docs`. Do not edit.
import type { FieldErrors } from './field-errors.js';

/** The flow has ended: access is denied. */
export interface AccessDeniedChallenge {
  readonly component: 'ak-stage-access-denied';
  readonly error_message?: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<object>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Not used, because Apple sends the result of the login to the callback of the source. */
export interface AppleChallengeResponse {
  readonly component: 'ak-source-oauth-apple';
}

/** Asks the client to log in at Apple with Apple's script. */
export interface AppleLoginChallenge {
  readonly component: 'ak-source-oauth-apple';
  readonly client_id: string;
  readonly scope: string;
  readonly redirect_uri: string;
  readonly state: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AppleChallengeResponse>;
}

/** Pairs the Duo app, by a QR code or a link. */
export interface AuthenticatorDuoChallenge {
  readonly component: 'ak-stage-authenticator-duo';
  readonly activation_barcode: string;
  readonly activation_code: string;
  readonly stage_uuid: string;
  readonly duo_response?: 'success' | 'waiting' | 'invalid';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorDuoChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Confirms that the app has been paired. */
export interface AuthenticatorDuoChallengeResponse {
  readonly component: 'ak-stage-authenticator-duo';
  readonly poll?: boolean;
}

/** Asks for an email address, then for the code that was mailed to it. The address is masked. */
export interface AuthenticatorEmailChallenge {
  readonly component: 'ak-stage-authenticator-email';
  readonly email?: string | null;
  readonly email_required?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorEmailChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** An email address, or the code that was mailed to it. */
export interface AuthenticatorEmailChallengeResponse {
  readonly component: 'ak-stage-authenticator-email';
  readonly code?: string;
  readonly email?: string;
}

/** Asks for a phone number, then for the code sent to it. */
export interface AuthenticatorSMSChallenge {
  readonly component: 'ak-stage-authenticator-sms';
  readonly phone_number_required?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorSMSChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** A phone number, or the code sent to it. */
export interface AuthenticatorSMSChallengeResponse {
  readonly component: 'ak-stage-authenticator-sms';
  readonly code?: string;
  readonly phone_number?: string;
}

/** Shows recovery codes to store. Each is valid once. */
export interface AuthenticatorStaticChallenge {
  readonly component: 'ak-stage-authenticator-static';
  readonly codes: readonly string[];
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorStaticChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Confirms that the user has stored the codes. */
export interface AuthenticatorStaticChallengeResponse {
  readonly component: 'ak-stage-authenticator-static';
}

/** Shows an `otpauth:` URI for an authenticator app to scan. */
export interface AuthenticatorTOTPChallenge {
  readonly component: 'ak-stage-authenticator-totp';
  readonly config_url: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorTOTPChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** The current code of the authenticator app. */
export interface AuthenticatorTOTPChallengeResponse {
  readonly component: 'ak-stage-authenticator-totp';
  readonly code: string;
}

/** Asks for a second factor, and lists the devices that can give it. */
export interface AuthenticatorValidationChallenge {
  readonly component: 'ak-stage-authenticator-validate';
  readonly device_challenges: readonly DeviceChallenge[];
  readonly configuration_stages: readonly SelectableStage[];
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorValidationChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** The choice of a device or of a setup stage, or the proof of a device. */
export interface AuthenticatorValidationChallengeResponse {
  readonly component: 'ak-stage-authenticator-validate';
  readonly selected_challenge?: DeviceChallengeRequest;
  readonly selected_stage?: string;
  readonly code?: string;
  readonly webauthn?: Readonly<Record<string, unknown>>;
  readonly duo?: number | string;
}

/** Registers a passkey or a security key: the options of `navigator.credentials.create`, as JSON. */
export interface AuthenticatorWebAuthnChallenge {
  readonly component: 'ak-stage-authenticator-webauthn';
  readonly registration: Readonly<Record<string, unknown>>;
  readonly mediation?: 'conditional';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AuthenticatorWebAuthnChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** The new credential, as JSON. */
export interface AuthenticatorWebAuthnChallengeResponse {
  readonly component: 'ak-stage-authenticator-webauthn';
  readonly response: Readonly<Record<string, unknown>>;
}

/** Not used: the browser submits the form to another site. */
export interface AutoSubmitChallengeResponse {
  readonly component: 'ak-stage-autosubmit';
}

/** A form that the browser submits at once to another site. */
export interface AutosubmitChallenge {
  readonly component: 'ak-stage-autosubmit';
  readonly url: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly title?: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<AutoSubmitChallengeResponse>;
}

/** Shows a captcha, with the script of its provider. */
export interface CaptchaChallenge {
  readonly component: 'ak-stage-captcha';
  readonly site_key: string;
  readonly js_url: string;
  readonly interactive: boolean;
  readonly action?: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<CaptchaChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** The token that the provider's script has returned. */
export interface CaptchaChallengeResponse {
  readonly component: 'ak-stage-captcha';
  readonly token: string;
}

/** Asks whether the user grants the listed permissions to an application. */
export interface ConsentChallenge {
  readonly component: 'ak-stage-consent';
  readonly header_text?: string;
  readonly permissions: readonly ConsentPermission[];
  readonly additional_permissions: readonly ConsentPermission[];
  readonly token: string;
  readonly confirms?: 'email';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<ConsentChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Grants the permissions that were shown with this token. */
export interface ConsentChallengeResponse {
  readonly component: 'ak-stage-consent';
  readonly token: string;
}

/** One permission of an application. */
export interface ConsentPermission {
  readonly name: string;
  readonly id: string;
}

/** The title, layout and background of the flow, which a page shows around a challenge. */
export interface ContextualFlowInfo {
  readonly title?: string;
  readonly background?: string;
  readonly background_themed_urls?: ThemedUrls | null;
  readonly cancel_url: string;
  readonly layout: ContextualFlowInfoLayoutEnum;
}

export type ContextualFlowInfoLayoutEnum = 'stacked' | 'content_left' | 'content_right' | 'sidebar_left' | 'sidebar_right' | 'sidebar_left_frame_background' | 'sidebar_right_frame_background';

/** A device that the user can choose, with its own challenge. */
export interface DeviceChallenge {
  readonly device_class: 'duo' | 'email' | 'sms' | 'static' | 'totp' | 'webauthn';
  readonly device_uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  readonly last_used: string | null;
  readonly names?: readonly string[];
}

/** The device that the user chose. */
export interface DeviceChallengeRequest {
  readonly device_class: 'duo' | 'email' | 'sms' | 'static' | 'totp' | 'webauthn';
  readonly device_uid: string;
  readonly challenge: Readonly<Record<string, unknown>>;
  readonly last_used: string | null;
}

/** Shows a name and accepts every response. */
export interface DummyChallenge {
  readonly component: 'ak-stage-dummy';
  readonly name: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<DummyChallengeResponse>;
}

/** Continues the flow. Has no fields. */
export interface DummyChallengeResponse {
  readonly component: 'ak-stage-dummy';
}

/** A mail was sent. Its link continues the flow. */
export interface EmailChallenge {
  readonly component: 'ak-stage-email';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<EmailChallengeResponse>;
}

/** Requests another mail. */
export interface EmailChallengeResponse {
  readonly component: 'ak-stage-email';
  readonly code?: string | null;
}

export type FlowDesignationEnum = 'authentication' | 'authorization' | 'invalidation' | 'enrollment' | 'unenrollment' | 'recovery' | 'stage_configuration';

/** An internal error. The visitor can retry the flow. Only superusers and debugged users see the cause. */
export interface FlowErrorChallenge {
  readonly component: 'ak-stage-flow-error';
  readonly request_id: string;
  readonly error?: string;
  readonly traceback?: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<object>;
}

/** Asks for the username or email address, and lists the sources for other logins. */
export interface IdentificationChallenge {
  readonly component: 'ak-stage-identification';
  readonly user_fields: readonly string[] | null;
  readonly password_fields: boolean;
  readonly allow_show_password?: boolean;
  readonly captcha_stage?: InnerCaptchaChallenge | null;
  readonly passkey_challenge?: Readonly<Record<string, unknown>> | null;
  readonly application_pre?: string;
  readonly application_pre_launch?: string;
  readonly pending_user_identifier?: string | null;
  readonly flow_designation: FlowDesignationEnum;
  readonly enroll_url?: string;
  readonly recovery_url?: string;
  readonly passwordless_url?: string;
  readonly primary_action: string;
  readonly sources?: readonly LoginSource[];
  readonly show_source_labels: boolean;
  readonly enable_remember_me?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<IdentificationChallengeResponse>;
}

/** The username or email address, with the password or captcha token if the challenge asks for them, or a passkey. */
export interface IdentificationChallengeResponse {
  readonly component: 'ak-stage-identification';
  readonly uid_field?: string | null;
  readonly password?: string | null;
  readonly captcha_token?: string | null;
  readonly passkey?: Readonly<Record<string, unknown>> | null;
}

/** URLs that the browser opens in hidden frames. */
export interface IframeLogoutChallenge {
  readonly component: 'ak-provider-iframe-logout';
  readonly logout_urls?: readonly LogoutURL[];
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<IframeLogoutChallengeResponse>;
}

/** The frames were opened. Has no fields. */
export interface IframeLogoutChallengeResponse {
  readonly component: 'ak-provider-iframe-logout';
}

/** A captcha inside another challenge. Its token is part of the response to that challenge. */
export interface InnerCaptchaChallenge {
  readonly site_key: string;
  readonly js_url: string;
  readonly interactive: boolean;
  readonly action?: string;
  readonly component?: string;
  readonly pending_user?: '';
  readonly pending_user_avatar?: string;
}

export type LoginChallengeTypes = RedirectChallenge | PlexAuthenticationChallenge | AppleLoginChallenge;

/** A button that logs in with an external source. */
export interface LoginSource {
  readonly name: string;
  readonly icon_url?: string | null;
  readonly challenge: LoginChallengeTypes;
  readonly promoted?: boolean;
}

/** A URL that logs the visitor out of an application. */
export interface LogoutURL {
  readonly url: string;
  readonly provider_name?: string | null;
  readonly binding?: string | null;
  readonly saml_request?: string | null;
  readonly saml_response?: string | null;
  readonly saml_relay_state?: string | null;
}

/** Asks for the code that another device shows. */
export interface OAuthDeviceCodeChallenge {
  readonly component: 'ak-provider-oauth2-device-code';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<OAuthDeviceCodeChallengeResponse>;
}

/** The code that the other device shows. */
export interface OAuthDeviceCodeChallengeResponse {
  readonly component: 'ak-provider-oauth2-device-code';
  readonly code: string;
}

/** Says that the other device is signed in. */
export interface OAuthDeviceCodeFinishChallenge {
  readonly component: 'ak-provider-oauth2-device-code-finish';
  /** Whether the other device is signed in. Absent if it still waits for the answer. */
  readonly approved?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<OAuthDeviceCodeFinishChallengeResponse>;
}

/** Ends the login of the other device. */
export interface OAuthDeviceCodeFinishChallengeResponse {
  readonly component: 'ak-provider-oauth2-device-code-finish';
}

/** Asks for the pending user's password. */
export interface PasswordChallenge {
  readonly component: 'ak-stage-password';
  readonly recovery_url?: string;
  readonly allow_show_password?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<PasswordChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** The entered password, unchanged. */
export interface PasswordChallengeResponse {
  readonly component: 'ak-stage-password';
  readonly password: string;
}

/** Asks the client to open a window for the login at Plex. */
export interface PlexAuthenticationChallenge {
  readonly component: 'ak-source-plex';
  readonly client_id: string;
  readonly slug: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<PlexAuthenticationChallengeResponse>;
}

/** Not used, because the client completes the login at Plex through the endpoint `/sources/plex/redeem_token/`. */
export interface PlexAuthenticationChallengeResponse {
  readonly component: 'ak-source-plex';
}

/** A form with fields. */
export interface PromptChallenge {
  readonly component: 'ak-stage-prompt';
  readonly fields: readonly StagePrompt[];
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<PromptChallengeResponse>;
}

/** The entered values by `field_key`. */
export interface PromptChallengeResponse {
  readonly component: 'ak-stage-prompt';
  readonly [field: string]: unknown;
}

/** A choice of a field. A response selects it by its value. */
export interface PromptChoice {
  readonly value: string;
  readonly label: string;
}

export type PromptTypeEnum = 'text' | 'text_area' | 'text_read_only' | 'text_area_read_only' | 'username' | 'email' | 'password' | 'number' | 'checkbox' | 'radio-button-group' | 'dropdown' | 'date' | 'date-time' | 'file' | 'separator' | 'hidden' | 'static' | 'ak-locale' | 'alert_info' | 'alert_warning' | 'alert_danger';

/** Redirects the client to another URL. */
export interface RedirectChallenge {
  readonly component: 'xak-flow-redirect';
  readonly to: string;
  readonly final_redirect?: boolean;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<RedirectChallengeResponse>;
}

/** Continues the flow after a redirect. */
export interface RedirectChallengeResponse {
  readonly component: 'xak-flow-redirect';
  readonly to: string;
}

/** A setup stage that the user can choose to register a device. */
export interface SelectableStage {
  readonly pk: string;
  readonly name: string;
  readonly verbose_name: string;
  readonly meta_model_name: string;
}

/** The visitor has left an application, and may log out of all applications. */
export interface SessionEndChallenge {
  readonly component: 'ak-stage-session-end';
  readonly brand_name: string;
  readonly application_name?: string;
  readonly application_launch_url?: string;
  readonly invalidation_flow_url?: string;
  readonly overview_url?: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<SessionEndChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Shows the challenge again. Has no fields. */
export interface SessionEndChallengeResponse {
  readonly component: 'ak-stage-session-end';
}

/** HTML that the client shows unchanged. */
export interface ShellChallenge {
  readonly component: 'xak-flow-shell';
  readonly body: string;
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<object>;
}

/** One field of a form. */
export interface StagePrompt {
  readonly field_key: string;
  readonly label: string;
  readonly type: PromptTypeEnum;
  readonly required: boolean;
  readonly placeholder: string;
  readonly initial_value: string;
  readonly order: number;
  readonly sub_text: string;
  readonly choices: readonly PromptChoice[] | null;
}

/** The variants of a picture for light and dark themes. */
export interface ThemedUrls {
  readonly light: string;
  readonly dark: string;
}

/** Asks whether the visitor wants to stay signed in. */
export interface UserLoginChallenge {
  readonly component: 'ak-stage-user-login';
  readonly flow_info?: ContextualFlowInfo;
  readonly response_errors?: FieldErrors<UserLoginChallengeResponse>;
  readonly pending_user: string;
  readonly pending_user_avatar: string;
}

/** Whether the visitor wants to stay signed in. */
export interface UserLoginChallengeResponse {
  readonly component: 'ak-stage-user-login';
  readonly remember_me: boolean;
}

/** All challenges of the built-in stages and of the executor, by component. */
export interface Challenges {
  readonly 'ak-provider-iframe-logout': IframeLogoutChallenge;
  readonly 'ak-provider-oauth2-device-code': OAuthDeviceCodeChallenge;
  readonly 'ak-provider-oauth2-device-code-finish': OAuthDeviceCodeFinishChallenge;
  readonly 'ak-source-oauth-apple': AppleLoginChallenge;
  readonly 'ak-source-plex': PlexAuthenticationChallenge;
  readonly 'ak-stage-access-denied': AccessDeniedChallenge;
  readonly 'ak-stage-authenticator-duo': AuthenticatorDuoChallenge;
  readonly 'ak-stage-authenticator-email': AuthenticatorEmailChallenge;
  readonly 'ak-stage-authenticator-sms': AuthenticatorSMSChallenge;
  readonly 'ak-stage-authenticator-static': AuthenticatorStaticChallenge;
  readonly 'ak-stage-authenticator-totp': AuthenticatorTOTPChallenge;
  readonly 'ak-stage-authenticator-validate': AuthenticatorValidationChallenge;
  readonly 'ak-stage-authenticator-webauthn': AuthenticatorWebAuthnChallenge;
  readonly 'ak-stage-autosubmit': AutosubmitChallenge;
  readonly 'ak-stage-captcha': CaptchaChallenge;
  readonly 'ak-stage-consent': ConsentChallenge;
  readonly 'ak-stage-dummy': DummyChallenge;
  readonly 'ak-stage-email': EmailChallenge;
  readonly 'ak-stage-flow-error': FlowErrorChallenge;
  readonly 'ak-stage-identification': IdentificationChallenge;
  readonly 'ak-stage-password': PasswordChallenge;
  readonly 'ak-stage-prompt': PromptChallenge;
  readonly 'ak-stage-session-end': SessionEndChallenge;
  readonly 'ak-stage-user-login': UserLoginChallenge;
  readonly 'xak-flow-redirect': RedirectChallenge;
  readonly 'xak-flow-shell': ShellChallenge;
}

/** All responses, by the component of the challenge. */
export interface Responses {
  readonly 'ak-provider-iframe-logout': IframeLogoutChallengeResponse;
  readonly 'ak-provider-oauth2-device-code': OAuthDeviceCodeChallengeResponse;
  readonly 'ak-provider-oauth2-device-code-finish': OAuthDeviceCodeFinishChallengeResponse;
  readonly 'ak-source-oauth-apple': AppleChallengeResponse;
  readonly 'ak-source-plex': PlexAuthenticationChallengeResponse;
  readonly 'ak-stage-authenticator-duo': AuthenticatorDuoChallengeResponse;
  readonly 'ak-stage-authenticator-email': AuthenticatorEmailChallengeResponse;
  readonly 'ak-stage-authenticator-sms': AuthenticatorSMSChallengeResponse;
  readonly 'ak-stage-authenticator-static': AuthenticatorStaticChallengeResponse;
  readonly 'ak-stage-authenticator-totp': AuthenticatorTOTPChallengeResponse;
  readonly 'ak-stage-authenticator-validate': AuthenticatorValidationChallengeResponse;
  readonly 'ak-stage-authenticator-webauthn': AuthenticatorWebAuthnChallengeResponse;
  readonly 'ak-stage-autosubmit': AutoSubmitChallengeResponse;
  readonly 'ak-stage-captcha': CaptchaChallengeResponse;
  readonly 'ak-stage-consent': ConsentChallengeResponse;
  readonly 'ak-stage-dummy': DummyChallengeResponse;
  readonly 'ak-stage-email': EmailChallengeResponse;
  readonly 'ak-stage-identification': IdentificationChallengeResponse;
  readonly 'ak-stage-password': PasswordChallengeResponse;
  readonly 'ak-stage-prompt': PromptChallengeResponse;
  readonly 'ak-stage-session-end': SessionEndChallengeResponse;
  readonly 'ak-stage-user-login': UserLoginChallengeResponse;
  readonly 'xak-flow-redirect': RedirectChallengeResponse;
}
