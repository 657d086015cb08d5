/** A blueprint of a flow in which users change their email address, as operators write it for authentik. */
export const CONTACT_FORM = `
version: 1
entries:
  - model: authentik_flows.flow
    id: flow
    identifiers: { slug: contact }
    attrs: { name: Contact, title: Contact, designation: stage_configuration, authentication: require_authenticated }
  - model: authentik_stages_prompt.prompt
    id: email
    identifiers: { name: contact-email }
    attrs:
      field_key: email
      label: Email
      type: email
      required: true
      order: 1
      initial_value: return user.email
      initial_value_expression: true
  - model: authentik_stages_prompt.promptstage
    id: form
    identifiers: { name: contact }
    attrs: { fields: [!KeyOf email] }
  - model: authentik_stages_user_write.userwritestage
    id: write
    identifiers: { name: contact-write }
    attrs: { user_creation_mode: never_create }
  - model: authentik_flows.flowstagebinding
    identifiers: { target: !KeyOf flow, stage: !KeyOf form, order: 1 }
  - model: authentik_flows.flowstagebinding
    identifiers: { target: !KeyOf flow, stage: !KeyOf write, order: 2 }
`;
