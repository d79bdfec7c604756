// An image: drawn, from a file, from the clipboard or from the camera.
import { button, checkbox, context2d, element, menu } from "./dom.ts";
import type { Control, ControlOptions } from "./control.ts";
import type { ImageSize } from "./kinds.ts";
import { coveredPart, pixelRanges, pixelsOfValues, shownRange, valuesOfPixels, type PixelRange } from "./pixels.ts";

/** The canvas has about this many pixels on its longer side, a whole multiple of the size of the image. */
const canvasSize = 320;

export function imageControl({ name, slot, changed }: ControlOptions, size: ImageSize): Control {
  const scale = Math.max(1, Math.round(canvasSize / Math.max(size.width, size.height)));
  const [width, height] = [size.width * scale, size.height * scale];
  const canvas = element("canvas", {
    width: String(width),
    height: String(height),
    tabindex: "0",
    role: "img",
    class: "paper",
    "aria-label": `${name}: draw with the pointer, drop an image, or paste one`,
  });
  const context = context2d(canvas);
  const color = size.channels === 3;
  let range: PixelRange = slot.dtype === "u8" ? "0 to 255" : "0 to 1";
  let invert = false;
  let ink = color ? "#ff9f43" : "#ffffff";
  let isBlank = true;

  /** Digits of MNIST, and most masks, are light on dark. */
  const clear = (): void => {
    context.fillStyle = "#000000";
    context.fillRect(0, 0, width, height);
    isBlank = true;
  };
  const hint = element("p", { class: "hint", "aria-hidden": "true" }, "draw here");
  const update = (): void => {
    hint.hidden = !isBlank;
    changed();
  };

  let last: readonly [number, number] | null = null;
  const position = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
  };
  const stroke = (event: PointerEvent): void => {
    if (last === null) return;
    const next = position(event);
    context.strokeStyle = ink;
    context.lineWidth = Math.max(width, height) * 0.075;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...next);
    context.stroke();
    last = next;
    isBlank = false;
    update();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    camera.stop();
    last = position(event);
    stroke(event);
  });
  canvas.addEventListener("pointermove", stroke);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));

  const place = (picture: CanvasImageSource, pictureWidth: number, pictureHeight: number): void => {
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, ...coveredPart([pictureWidth, pictureHeight], [width, height]), 0, 0, width, height);
    isBlank = false;
    update();
  };
  const says = element("p", { class: "note", role: "status" });
  const open = (file: File | null | undefined): void => {
    if (file === null || file === undefined) return;
    camera.stop();
    createImageBitmap(file).then(
      (bitmap) => {
        says.textContent = "";
        place(bitmap, bitmap.width, bitmap.height);
      },
      () => (says.textContent = `${file.name} is not an image that this browser reads`),
    );
  };
  const camera = cameraOf(place, (text) => (says.textContent = text));
  const picker = element("input", { type: "file", accept: "image/*", hidden: true, "aria-hidden": "true" });
  picker.addEventListener("change", () => open(picker.files?.[0]));

  const frame = element("div", { class: "frame" }, canvas, hint);
  frame.addEventListener("dragover", (event) => {
    event.preventDefault();
    frame.classList.add("over");
  });
  frame.addEventListener("dragleave", () => frame.classList.remove("over"));
  frame.addEventListener("drop", (event) => {
    event.preventDefault();
    frame.classList.remove("over");
    open(event.dataTransfer?.files[0]);
  });
  canvas.addEventListener("paste", (event) => open(event.clipboardData?.files[0]));
  canvas.addEventListener("keydown", ({ key }) => {
    if (key === "Delete" || key === "Backspace") erase();
  });
  const erase = (): void => {
    camera.stop();
    clear();
    update();
  };
  clear();

  const pen = element("input", { type: "color", value: ink, "aria-label": "colour of the pen" });
  pen.addEventListener("input", () => (ink = pen.value));
  const tools = element(
    "div",
    { class: "tools" },
    button("Clear", erase),
    button("Open…", () => picker.click()),
    ...("mediaDevices" in navigator ? [camera.button] : []),
    ...(color ? [pen] : []),
    picker,
  );
  const options = element(
    "div",
    { class: "tools" },
    menu("values", pixelRanges, range, (chosen) => {
      range = chosen as PixelRange;
      changed();
    }),
    checkbox("inverted", invert, (on) => {
      invert = on;
      changed();
    }),
  );
  return {
    element: element("div", {}, frame, tools, options, says),
    values: () => valuesOfPixels(context.getImageData(0, 0, width, height).data, size, scale, { range, invert }),
    show(values) {
      const image = new ImageData(pixelsOfValues(values, size, shownRange(values)), size.width, size.height);
      const small = element("canvas", { width: String(size.width), height: String(size.height) });
      context2d(small).putImageData(image, 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, width, height);
      context.imageSmoothingEnabled = true;
      isBlank = Array.from(values).every((value) => value === 0);
      hint.hidden = !isBlank;
    },
    stop: () => camera.stop(),
  };
}

type Place = (picture: CanvasImageSource, width: number, height: number) => void;

/** A button that shows the camera's picture until it is pressed again, which keeps the last one. */
function cameraOf(place: Place, tell: (text: string) => void): { readonly button: HTMLButtonElement; stop(): void } {
  const video = element("video", { muted: true, playsinline: true });
  let stream: MediaStream | null = null;
  const stop = (): void => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    toggle.textContent = "Camera";
  };
  const next = (): void => {
    if (stream === null) return;
    if (video.videoWidth > 0) place(video, video.videoWidth, video.videoHeight);
    requestAnimationFrame(next);
  };
  const start = async (): Promise<void> => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      toggle.textContent = "Keep this picture";
      tell("");
      next();
    } catch (error) {
      stop();
      tell(`no picture from the camera: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const toggle = button("Camera", () => (stream === null ? void start() : stop()));
  return { button: toggle, stop };
}
