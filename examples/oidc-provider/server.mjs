import Provider from 'oidc-provider';
import {
  consentDetails,
  GatehouseClient,
  settings,
  Transactions,
  userClaims,
} from '../gatehouse-client/gatehouse-client.mjs';
import { serve, VisitorError } from '../gatehouse-client/serve.mjs';
import { logoutSource } from './logout-page.mjs';

const env = settings(
  ...['PUBLIC_URL', 'COOKIE_KEY', 'JWKS', 'CLIENTS'],
  ...['LOGIN_ISSUER', 'LOGIN_CLIENT_ID', 'LOGIN_CLIENT_SECRET'],
  ...['CONSENT_ISSUER', 'CONSENT_CLIENT_ID', 'CONSENT_CLIENT_SECRET'],
);
/** Seconds for which the provider answers without asking Gatehouse again. */
const SESSION_S = Number(process.env.SESSION_S ?? 3600);
/** Scopes for which Gatehouse has texts of its own. */
const OWN_SCOPES = ['openid', 'profile', 'email', 'groups'];

const publicUrl = env.PUBLIC_URL.replace(/\/$/, '');
const transactions = new Transactions({ isSecure: publicUrl.startsWith('https:') });
const [loginClient, consentClient] = await Promise.all(
  ['LOGIN', 'CONSENT'].map((name) =>
    GatehouseClient.open({
      ...{ issuer: env[`${name}_ISSUER`], clientId: env[`${name}_CLIENT_ID`], publicUrl, transactions },
      clientSecret: env[`${name}_CLIENT_SECRET`],
    }),
  ),
);
/**
 * Claims of the users who have logged in. A provider with several processes must store them in the same place as its
 * sessions.
 */
const accounts = new Map();

const provider = new Provider(publicUrl, {
  clients: JSON.parse(env.CLIENTS),
  jwks: JSON.parse(env.JWKS),
  cookies: { keys: [env.COOKIE_KEY] },
  scopes: [...OWN_SCOPES, ...(process.env.SCOPES ?? '').split(' ').filter((scope) => scope !== '')],
  claims: {
    // Every ID token says when and how the user logged in.
    ...{ openid: ['sub', 'acr', 'amr', 'auth_time'], sid: null, groups: ['groups'] },
    ...{ profile: ['name', 'preferred_username', 'nickname'], email: ['email', 'email_verified'] },
  },
  acrValues: ['aal1', 'aal2'],
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: true, logoutSource },
  },
  ttl: { Interaction: 900, Session: SESSION_S, Grant: SESSION_S, AccessToken: 600, IdToken: 600 },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  findAccount: (_context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, ...accounts.get(accountId) }),
  }),
});
provider.proxy = process.env.BEHIND_PROXY === 'true';

/** Starts the login or the consent at Gatehouse that an interaction of the provider needs. */
async function begin({ request, response }) {
  const details = await detailsOf(request, response);
  const memo = { uid: details.uid, prompt: details.prompt.name };
  const { prompt, params } = details;
  if (prompt.name === 'login') {
    const parameters = {
      prompt: prompt.reasons.includes('login_prompt') ? 'login' : '',
      max_age: params.max_age ?? '',
    };
    return loginClient.begin(response, memo, { scope: OWN_SCOPES.join(' '), ...parameters });
  }
  const scopes = params.scope.split(' ');
  const client = await provider.Client.find(params.client_id);
  const shown = { id: client.clientId, name: client.clientName ?? client.clientId };
  return consentClient.begin(response, memo, {
    authorization_details: consentDetails(
      shown,
      scopes.filter((scope) => !OWN_SCOPES.includes(scope)),
    ),
    scope: OWN_SCOPES.filter((scope) => scope === 'openid' || scopes.includes(scope)).join(' '),
    prompt: prompt.reasons.includes('consent_prompt') ? 'consent' : '',
  });
}

/**
 * The browser sends the cookie of the interaction only to the path of the interaction, so the response is redirected
 * there.
 */
async function callback({ query }) {
  const [uid] = (query.get('state') ?? '').split('.');
  if (!/^[\w-]+$/.test(uid)) throw new VisitorError(400, 'state is missing.');
  return `/interaction/${uid}/callback?${query}`;
}

/** Completes the interaction with the result from Gatehouse. */
async function finish({ request, response, query }) {
  const details = await detailsOf(request, response);
  const state = query.get('state') ?? '';
  const memo = transactions.finish(request, response, state);
  if (memo?.uid !== details.uid || memo.prompt !== details.prompt.name) throw unknownVisit();
  const client = memo.prompt === 'login' ? loginClient : consentClient;
  const { claims, error } = await client.finish({ ...memo, state }, query);
  const isOther = memo.prompt === 'consent' && claims !== undefined && claims.sub !== details.session.accountId;
  if (error !== undefined || isOther) return end({ error: isOther ? 'access_denied' : error });
  return memo.prompt === 'login' ? end(loginOf(claims)) : end({ consent: await consentOf(details) });

  function end(result) {
    const isConsent = 'consent' in result;
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: isConsent });
  }
}

/** `ts` becomes `auth_time`. The provider remembers the session for SESSION_S at most. */
function loginOf(claims) {
  accounts.set(claims.sub, userClaims(claims));
  const { sub: accountId, acr, amr = [], auth_time: ts } = claims;
  return { login: { accountId, acr, amr, ts } };
}

/**
 * Returns the grant with everything that the request asks for: at Gatehouse, users consent to all scopes or to none.
 */
async function consentOf({ grantId, session, params, prompt: { details } }) {
  const { accountId } = session;
  const known = grantId && (await provider.Grant.find(grantId));
  const grant = known ?? new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope((details.missingOIDCScope ?? []).join(' '));
  grant.addOIDCClaims(details.missingOIDCClaims ?? []);
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {}))
    grant.addResourceScope(resource, scopes.join(' '));
  return { grantId: await grant.save() };
}

async function detailsOf(request, response) {
  try {
    return await provider.interactionDetails(request, response);
  } catch (error) {
    if (error.name === 'SessionNotFound') throw unknownVisit();
    throw error;
  }
}
const unknownVisit = () => new VisitorError(400, 'This visit is unknown or has expired. Please start again.');

/**
 * After the provider's own logout, the browser ends the session at Gatehouse, and is then redirected to the address of
 * the provider. The provider also ends its session when another user has logged in for a request with prompt=login. It
 * then resumes the request, and the user must stay logged in at Gatehouse.
 */
provider.use(async (context, next) => {
  await next();
  const { location } = context.response.headers;
  if (context.oidc?.route !== 'end_session_confirm' || location === undefined) return;
  if (location.startsWith(`${context.oidc.urlFor('authorization')}/`)) return;
  context.redirect(loginClient.endSessionUrl(context.res, { location }));
  context.status = 303;
});

async function loggedOut({ request, response, query }) {
  const memo = transactions.finish(request, response, query.get('state') ?? '');
  if (memo?.location === undefined) throw new VisitorError(400, 'You are logged out.');
  return memo.location;
}

const answer = provider.callback();
const INTERACTION = /^\/interaction\/[\w-]+(\/callback)?$/;
serve({
  publicUrl,
  port: Number(process.env.PORT ?? 3002),
  routeOf(pathname) {
    const [isInteraction, isBack] = INTERACTION.exec(pathname) ?? [];
    if (isInteraction) return isBack ? finish : begin;
    return { '/callback': callback, '/logged-out': loggedOut }[pathname];
  },
  otherwise: (request, response) => void answer(request, response),
});
