// Messages about failed requests, for staff: the server's text if there is one.

import { RequestFailed } from '../http';
import { gettext, interpolate } from './text';

interface Problem {
  code?: string;
  errors?: { field?: string; detail?: string }[];
}

function problemOf(error: RequestFailed): Problem {
  return error.answer ?? {};
}

/** The errors of single fields, after the general detail. */
function withFields(error: RequestFailed): string {
  const fields = problemOf(error).errors ?? [];
  const texts = fields.map(({ field, detail }) => `${field ?? ''}: ${detail ?? ''}`);
  return [error.detail, ...texts].join(' ');
}

export function errorText(error: unknown): string {
  if (!(error instanceof RequestFailed) || error.status === 0) {
    return gettext('The server did not answer. Search and filters are kept.');
  }
  const isSignedOut = error.status === 401 || problemOf(error).code === 'not_authenticated';
  if (isSignedOut) return gettext('You have been signed out. Sign in again in a new tab, then try again.');
  if (error.detail) return withFields(error);
  return interpolate(gettext('The server answered with an error ({status}). Search and filters are kept.'), {
    status: error.status,
  });
}
