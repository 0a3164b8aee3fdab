// Messages about failed requests, for staff: the server's text if there is one.

import { RequestFailed } from '../http';
import { gettext, interpolate } from './i18n';

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

/** Errors of single fields, by the field's name. */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!(error instanceof RequestFailed)) return found;
  for (const { field, detail } of problemOf(error).errors ?? []) {
    if (field && detail) found[field] = found[field] ? `${found[field]} ${detail}` : detail;
  }
  return found;
}

export function codeOf(error: unknown): string {
  return error instanceof RequestFailed ? (problemOf(error).code ?? '') : '';
}

/** About a change that did not happen. */
export function changeErrorText(error: unknown): string {
  if (!(error instanceof RequestFailed)) throw error;
  if (error.status === 0) {
    return gettext('The server did not answer. Try again: what has been changed already is not changed twice.');
  }
  if (error.status === 412 || error.status === 428) {
    return gettext('Somebody else has changed this in the meantime. Nothing was overwritten; the newer version is shown behind this dialog.');
  }
  if (error.status === 429) return gettext('Too many changes at once. Wait a few seconds, then try again.');
  if (isSignedOut(error)) return gettext('You have been signed out. Sign in again in a new tab; what you typed here is kept.');
  return error.detail || interpolate(gettext('The server answered with an error ({status}).'), { status: error.status });
}

function isSignedOut(error: RequestFailed): boolean {
  return error.status === 401 || problemOf(error).code === 'not_authenticated';
}

export function errorText(error: unknown): string {
  if (!(error instanceof RequestFailed) || error.status === 0) {
    return gettext('The server did not answer. Search and filters are kept.');
  }
  if (isSignedOut(error)) return gettext('You have been signed out. Sign in again in a new tab, then try again.');
  if (error.detail) return withFields(error);
  return interpolate(gettext('The server answered with an error ({status}). Search and filters are kept.'), {
    status: error.status,
  });
}
