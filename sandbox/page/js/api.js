/** The way to the control API. The secret comes in the page's fragment and stays in this tab. */

const KEPT = "sandbox-secret";

function learnSecret() {
  const given = new URLSearchParams(location.hash.slice(1)).get("secret");
  if (given) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname);
  }
  return given ?? sessionStorage.getItem(KEPT) ?? "";
}

let secret = learnSecret();

/** @param {string} value */
export function useSecret(value) {
  secret = value;
  sessionStorage.setItem(KEPT, value);
}

/** What the sandbox refused, or why it could not be asked. */
export class ControlError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** A request with the secret; how it ends is the caller's business. */
export function request(path, options = {}) {
  const headers = { "X-Sandbox-Secret": secret, ...options.headers };
  return fetch(`/control/${path}`, { ...options, headers });
}

/**
 * One action of the control API.
 * @param {string} action
 * @param {object} [body]
 * @returns {Promise<any>} its result
 */
export async function call(action, body = {}) {
  let response;
  try {
    response = await request(action, { method: "POST", body: JSON.stringify(body) });
  } catch {
    throw new ControlError("The sandbox does not answer. Is it still running?");
  }
  const answer = await response.json();
  if (!answer.ok) throw new ControlError(answer.error, response.status);
  return answer.result;
}

const urls = new Map();

/**
 * An address under which the browser shows a file; the same one each time.
 * @param {string} fileId
 * @param {string} [type]
 * @returns {Promise<string>}
 */
export function fileUrl(fileId, type = "image/png") {
  if (!urls.has(fileId)) urls.set(fileId, fetchFile(fileId, type));
  return urls.get(fileId);
}

async function fetchFile(fileId, type) {
  const response = await request(`file/${encodeURIComponent(fileId)}`);
  if (!response.ok) throw new ControlError("The file is gone.", response.status);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
}
