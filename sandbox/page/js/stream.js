/** The feed of changes as it comes: server-sent events, read with fetch to send the secret. */

import { request } from "./api.js";

const RETRY_MS = 1000;

/**
 * Follow the feed for ever.
 * @param {() => number} since the number of the last change that is known
 * @param {(change: any) => void} onChange
 * @param {(connected: boolean) => void} onState
 */
export async function follow(since, onChange, onState) {
  for (;;) {
    try {
      const response = await request(`stream?since=${since()}`);
      if (!response.ok) throw new Error(`${response.status}`);
      onState(true);
      await read(response.body, onChange);
    } catch (error) {
      if (!(error instanceof TypeError)) console.error(error);
    }
    onState(false);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(change: any) => void} onChange
 */
async function read(body, onChange) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) onChange(JSON.parse(data.slice(6)));
    }
  }
}
