import {
  consentDetails,
  GatehouseClient,
  settings,
  Transactions,
  userClaims,
} from '../gatehouse-client/gatehouse-client.mjs';
import { serve, VisitorError } from '../gatehouse-client/serve.mjs';
import { HydraAdmin } from './hydra-admin.mjs';

const env = settings(
  ...['HYDRA_ADMIN_URL', 'PUBLIC_URL', 'LOGIN_ISSUER', 'LOGIN_CLIENT_ID', 'LOGIN_CLIENT_SECRET'],
  ...['CONSENT_ISSUER', 'CONSENT_CLIENT_ID', 'CONSENT_CLIENT_SECRET'],
);
/**
 * Seconds for which Hydra remembers a login, so that it may answer `prompt=none`. Each time, Gatehouse is asked whether
 * the user is still logged in.
 */
const REMEMBER_FOR_S = Number(process.env.REMEMBER_FOR_S ?? 3600);
/** Scopes that need no text: Gatehouse has its own texts for them, or they grant no data. */
const OWN_SCOPES = ['openid', 'profile', 'email', 'groups'];
/** Members of the ID token by scope. */
const CLAIMS = {
  profile: ['name', 'preferred_username', 'nickname'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
};

const publicUrl = env.PUBLIC_URL.replace(/\/$/, '');
const hydra = new HydraAdmin(env.HYDRA_ADMIN_URL.replace(/\/$/, ''));
const transactions = new Transactions({ isSecure: publicUrl.startsWith('https:') });
const [loginClient, consentClient] = await Promise.all(
  ['LOGIN', 'CONSENT'].map((name) =>
    GatehouseClient.open({
      ...{ issuer: env[`${name}_ISSUER`], clientId: env[`${name}_CLIENT_ID`], publicUrl, transactions },
      clientSecret: env[`${name}_CLIENT_SECRET`],
    }),
  ),
);

/** Hydra asks who the user is. `skip` says that Hydra remembers the user: Gatehouse is asked without a page. */
async function login({ response, query }) {
  const challenge = requiredParameter(query, 'login_challenge');
  const request = await hydra.find('login', challenge);
  if (request.redirect_to) return request.redirect_to;
  const { skip, subject, session_id, request_url } = request;
  const prompt = promptsOf(request_url).filter((value) => ['login', 'select_account'].includes(value));
  const max_age = new URL(request_url).searchParams.get('max_age') ?? '';
  const parameters = skip ? { prompt: 'none' } : { prompt: prompt.join(' '), max_age };
  const memo = { kind: 'login', challenge, skip, subject, session_id, request_url };
  return loginClient.begin(response, memo, { scope: 'openid profile email groups', ...parameters });
}

/** Hydra asks what the user allows. `skip` says that Hydra remembers a consent: Gatehouse is asked without a page. */
async function consent({ response, query }) {
  const challenge = requiredParameter(query, 'consent_challenge');
  const request = await hydra.find('consent', challenge);
  if (request.redirect_to) return request.redirect_to;
  return request.client.skip_consent ? acceptConsent({ challenge }) : askConsent(response, request, request.skip);
}

/** Redirects to Gatehouse, whose consent stage shows the application and its scopes. */
function askConsent(response, { challenge, client, subject, request_url, requested_scope: scopes }, isSilent) {
  const { client_id: id, client_name } = client;
  const further = scopes.filter((scope) => !OWN_SCOPES.includes(scope));
  const prompt = isSilent ? 'none' : promptsOf(request_url).includes('consent') ? 'consent' : '';
  const memo = { kind: 'consent', challenge, skip: isSilent, subject, request_url, client: id };
  return consentClient.begin(response, memo, {
    authorization_details: consentDetails({ id, name: client_name || id }, further),
    scope: OWN_SCOPES.filter((scope) => scope === 'openid' || scopes.includes(scope)).join(' '),
    prompt,
  });
}

/** Handles the browser's return from Gatehouse with a code or an error. */
async function callback({ request, response, query }) {
  const state = query.get('state') ?? '';
  const memo = transactions.finish(request, response, state);
  const client = { login: loginClient, consent: consentClient }[memo?.kind];
  if (!client)
    throw new VisitorError(400, 'This visit is unknown or has expired. Please start again in the application.');
  const { claims, error = refusalOf(memo, claims) } = await client.finish({ ...memo, state }, query);
  if (error !== undefined) return memo.skip ? forget(response, memo) : reject(memo, error);
  return memo.kind === 'login' ? acceptLogin(memo, claims) : acceptConsent(memo);
}

/** Returns an error if Hydra remembers another user than the user who is logged in at Gatehouse. */
const refusalOf = ({ subject }, claims) => (subject === '' || claims.sub === subject ? undefined : 'access_denied');

/**
 * Makes Hydra forget a login or a consent that no longer exists at Gatehouse, and returns the URL at which the browser
 * continues. After a forgotten login, Hydra starts the authorization again. After a forgotten consent, Gatehouse asks
 * the user, or the request is rejected with `consent_required` if the application has sent `prompt=none`.
 */
async function forget(response, memo) {
  const { kind, challenge, session_id, subject, client, request_url } = memo;
  if (kind === 'login') {
    await hydra.forgetLogin(session_id);
    return request_url;
  }
  await hydra.forgetConsent(subject, client);
  if (promptsOf(request_url).includes('none')) return reject(memo, 'consent_required');
  const request = await hydra.find('consent', challenge);
  return request.redirect_to ?? askConsent(response, request, false);
}

const reject = ({ kind, challenge }, error) =>
  hydra.reject(kind, challenge, { error, error_description: 'The user did not sign in, or did not allow it.' });

/** Hydra sets its own `auth_time`. The `auth_time` of Gatehouse is in the context. */
const acceptLogin = ({ challenge }, claims) =>
  hydra.accept('login', challenge, {
    ...{ subject: claims.sub, acr: claims.acr, amr: claims.amr ?? [] },
    ...{ remember: true, remember_for: REMEMBER_FOR_S, identity_provider_session_id: claims.sid },
    context: { auth_time: claims.auth_time, claims: userClaims(claims) },
  });

/** Grants what the request of the challenge asks for now. At Gatehouse, users consent to all scopes or to none. */
async function acceptConsent({ challenge }) {
  const request = await hydra.find('consent', challenge);
  if (request.redirect_to) return request.redirect_to;
  const { requested_scope: scopes, requested_access_token_audience: audience, context } = request;
  const allowed = scopes.flatMap((scope) => CLAIMS[scope] ?? []);
  const claims = Object.entries(context?.claims ?? {}).filter(([name]) => allowed.includes(name));
  return hydra.accept('consent', challenge, {
    ...{ grant_scope: scopes, grant_access_token_audience: audience ?? [] },
    ...{ remember: true, remember_for: REMEMBER_FOR_S },
    session: { id_token: Object.fromEntries(claims), access_token: {} },
  });
}

/** Handles a logout that Hydra asks about. Ends the session at Gatehouse first. */
async function logout({ response, query }) {
  const challenge = requiredParameter(query, 'logout_challenge');
  const request = await hydra.find('logout', challenge);
  return request.redirect_to ?? loginClient.endSessionUrl(response, { kind: 'logout', challenge });
}

async function loggedOut({ request, response, query }) {
  const memo = transactions.finish(request, response, query.get('state') ?? '');
  if (memo?.kind !== 'logout') throw new VisitorError(400, 'You are logged out.');
  return hydra.accept('logout', memo.challenge);
}

/** Returns the `prompt` values of the application, which Hydra shows only in the URL of its request. */
const promptsOf = (requestUrl) => (new URL(requestUrl).searchParams.get('prompt') ?? '').split(' ');

function requiredParameter(query, name) {
  const value = query.get(name);
  if (!value) throw new VisitorError(400, `${name} is missing. Hydra redirects visitors here with this parameter.`);
  return value;
}

const routes = {
  ...{ '/login': login, '/consent': consent, '/logout': logout },
  ...{ '/callback': callback, '/logged-out': loggedOut },
};
serve({ publicUrl, port: Number(process.env.PORT ?? 3001), routeOf: (pathname) => routes[pathname] });
