import type { Field } from './fields.ts';

/** The release of OCSF whose schema the rows meet. */
export const OCSF_VERSION = '1.8.0';

const texts = (...names: string[]): Field[] => names.map((name) => ({ name, type: 'text' }));
const integers = (...names: string[]): Field[] => names.map((name) => ({ name, type: 'integer' }));

/**
 * The members of an OCSF event that this mapping can set, of the class API Activity (6003).
 * Times are integers there, in milliseconds since 1970. https://schema.ocsf.io/1.8.0/classes/api_activity
 */
export const OCSF_FIELDS: readonly Field[] = [
  ...integers('activity_id'),
  ...texts('activity_name'),
  {
    name: 'actor',
    type: [
      { name: 'idp', type: texts('name', 'uid') },
      ...texts('invoked_by'),
      { name: 'session', type: [...integers('created_time'), { name: 'is_mfa', type: 'boolean' }, ...texts('issuer')] },
      {
        name: 'user',
        type: [
          { name: 'account', type: texts('uid') },
          ...texts('credential_uid', 'name', 'type'),
          ...integers('type_id'),
          ...texts('uid', 'uid_alt'),
        ],
      },
    ],
  },
  {
    name: 'api',
    type: [
      ...texts('operation'),
      { name: 'request', type: [{ name: 'data', type: 'json' }, ...texts('uid')] },
      {
        name: 'response',
        type: [...integers('code'), { name: 'data', type: 'json' }, ...texts('error', 'error_message', 'message')],
      },
      { name: 'service', type: texts('name') },
      ...texts('version'),
    ],
  },
  ...texts('category_name'),
  ...integers('category_uid'),
  ...texts('class_name'),
  ...integers('class_uid'),
  { name: 'cloud', type: [{ name: 'account', type: texts('uid') }, ...texts('provider', 'region')] },
  {
    name: 'http_request',
    type: [...texts('http_method'), { name: 'url', type: texts('path') }, ...texts('user_agent')],
  },
  { name: 'http_response', type: integers('code') },
  ...texts('message'),
  {
    name: 'metadata',
    type: [
      ...texts('correlation_uid', 'event_code', 'log_name', 'original_time'),
      ...integers('processed_time'),
      { name: 'product', type: [{ name: 'feature', type: texts('name') }, ...texts('name', 'vendor_name', 'version')] },
      { name: 'profiles', type: 'texts' },
      ...texts('uid', 'version'),
    ],
  },
  { name: 'observables', type: { list: [...texts('name', 'type'), ...integers('type_id'), ...texts('value')] } },
  {
    name: 'resources',
    type: {
      list: [
        ...texts('name'),
        { name: 'owner', type: [{ name: 'account', type: texts('uid') }] },
        ...texts('type', 'uid'),
      ],
    },
  },
  ...texts('severity'),
  ...integers('severity_id'),
  { name: 'src_endpoint', type: texts('domain', 'ip', 'name', 'uid') },
  ...texts('status', 'status_code', 'status_detail'),
  ...integers('status_id', 'time'),
  ...texts('type_name'),
  ...integers('type_uid'),
  { name: 'unmapped', type: 'json' },
];
