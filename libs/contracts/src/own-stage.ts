/** Prefix of the component names of Gatehouse's own stages, which authentik's API lacks. */
export const OWN_COMPONENTS = 'gatehouse-stage-';

/** Prefix of the blueprint models of Gatehouse's own stages. */
export const OWN_MODELS = 'gatehouse_stages.';
