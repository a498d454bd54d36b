/** What one can send without having a file or a microphone: made here, as files. */

const RATE = 8000;
const HEADER = 44;

/** A picture that is painted here: hills under a sky. */
export async function samplePhoto(number) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 440 });
  const paint = canvas.getContext("2d");
  const hue = [205, 28, 265, 150][number];
  const sky = paint.createLinearGradient(0, 0, 0, 440);
  sky.addColorStop(0, `hsl(${hue} 70% 62%)`);
  sky.addColorStop(1, `hsl(${hue + 30} 80% 88%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, 640, 440);
  paint.fillStyle = "#fffbe8";
  paint.beginPath();
  paint.arc(470 - number * 90, 120, 46, 0, 7);
  paint.fill();
  for (let layer = 0; layer < 3; layer++) {
    paint.fillStyle = `hsl(${hue + 120} ${26 + layer * 8}% ${52 - layer * 13}%)`;
    paint.beginPath();
    paint.moveTo(0, 440);
    for (let x = 0; x <= 640; x += 8) {
      paint.lineTo(x, 250 + layer * 60 + Math.sin(x / (90 - layer * 18) + layer * 2 + number) * 34);
    }
    paint.lineTo(640, 440);
    paint.fill();
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return new File([blob], `hills-${number + 1}.png`, { type: "image/png" });
}

/** Three seconds of sound, a bell a second: WAV, because every browser can play and nobody has to encode it. */
export function sampleVoice() {
  const samples = 3 * RATE;
  const wave = new DataView(new ArrayBuffer(HEADER + samples * 2));
  const word = (at, letters) => [...letters].forEach((letter, index) => wave.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  wave.setUint32(4, wave.byteLength - 8, true);
  word(8, "WAVEfmt ");
  wave.setUint32(16, 16, true); // the rest of this chunk: PCM, one channel, 16 bits
  wave.setUint16(20, 1, true);
  wave.setUint16(22, 1, true);
  wave.setUint32(24, RATE, true);
  wave.setUint32(28, RATE * 2, true);
  wave.setUint16(32, 2, true);
  wave.setUint16(34, 16, true);
  word(36, "data");
  wave.setUint32(40, samples * 2, true);
  for (let at = 0; at < samples; at++) {
    const second = at / RATE;
    const pitch = [523, 659, 784][Math.floor(second)];
    wave.setInt16(HEADER + at * 2, 9000 * Math.exp(-4 * (second % 1)) * Math.sin(2 * Math.PI * pitch * second), true);
  }
  return new File([wave], "voice.wav", { type: "audio/wav" });
}
