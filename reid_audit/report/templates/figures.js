"use strict";
// Charts in place of the still pictures: drawn when they come near the window. Whatever fails leaves the picture.
(() => {
  const packed = document.getElementById("plotly");
  const holders = [...document.querySelectorAll("figure.drawn")];
  if (!packed || !holders.length || !window.DecompressionStream || !window.IntersectionObserver) return;

  let library = null;
  const plotly = () => {
    library = library || unpack();
    return library;
  };
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(packed.textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    // Plotly brings a style sheet for maps, which the policy of this page refuses, unless one of its name is there.
    for (const [, name] of script.textContent.matchAll(/getElementById\("([0-9a-f]{64})"\)/g)) {
      document.head.append(Object.assign(document.createElement("meta"), { id: name }));
    }
    document.head.append(script);
    return window.Plotly;
  };

  const share = (value) => `${Math.round(1000 * value) / 10} %`;
  const number = (value) => String(Number(value.toPrecision(4)));
  const words = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

  const broken = (text) => text.replace(/(.{1,70})(\s+|$)/g, "$1<br>").replace(/<br>$/, "");

  // What a point says, in lines.
  const read = (trace, at) => {
    const { meta } = trace;
    if (trace.type === "heatmap") {
      const [row, column] = at;
      const value = trace.z[row][column];
      const found = value === null ? "not rendered" : `face found in ${share(value)}`;
      return [`${meta.rows[row]}; light ${meta.columns[column]}: ${found}`];
    }
    if (meta.words && !meta.y.of) return [meta.words];
    const told = (axis, value) => `${axis.of || "Place"}: ${axis.percent ? share(value) : number(value)}`;
    const values = [told(meta.x, trace.x[at])];
    if (meta.y.of) values.push(told(meta.y, trace.y[at]));
    return [meta.words || trace.name, ...values];
  };
  const readings = (trace) => {
    if (trace.hoverinfo !== "text") return trace;
    const shown = (at) => read(trace, at).map(broken).join("<br>");
    const text = trace.type === "heatmap"
      ? trace.z.map((line, row) => line.map((_, column) => shown([row, column])))
      : trace.x.map((_, at) => (trace.x[at] === null || trace.y[at] === null ? "" : shown(at)));
    return { ...trace, [trace.type === "heatmap" ? "text" : "hovertext"]: text, hovertemplate: undefined };
  };

  const button = (label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", () => act(made));
    return made;
  };

  const toggles = (chart, bar) => {
    const groups = [...new Set(chart.data.map((trace) => trace.legendgroup).filter(Boolean))];
    if (groups.length < 2) return;
    for (const group of groups) {
      const places = chart.data.flatMap((trace, place) => (trace.legendgroup === group ? [place] : []));
      const drawn = chart.data[places.find((place) => chart.data[place].name) ?? places[0]];
      const made = button(words(group), () => {
        const shown = made.getAttribute("aria-pressed") !== "true";
        made.setAttribute("aria-pressed", String(shown));
        window.Plotly.restyle(chart, { visible: shown }, places);
      });
      made.setAttribute("aria-pressed", "true");
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.borderTopColor = (drawn.line && drawn.line.color) || (drawn.marker && drawn.marker.color) || "";
      swatch.style.borderTopStyle = drawn.line && drawn.line.dash && drawn.line.dash !== "solid" ? "dashed" : "solid";
      made.prepend(swatch);
      bar.append(made);
    }
  };

  // Arrow keys go along a curve and from curve to curve, and the line beneath the chart says where they are.
  const byKeys = (chart, said) => {
    let trace = -1;
    let point = 0;
    const told = () => chart.data.flatMap((each, place) =>
      each.hoverinfo === "text" && each.visible !== false ? [place] : []);
    const length = (each) => (each.type === "heatmap" ? each.z.length * each.z[0].length : each.x.length);
    const show = () => {
      const each = chart.data[trace];
      const columns = each.type === "heatmap" ? each.z[0].length : 0;
      const at = columns ? [Math.floor(point / columns), point % columns] : point;
      said.textContent = words(read(each, at).join(", "));
      if (!columns) {
        const panel = (each.xaxis || "x") + (each.yaxis || "y");
        window.Plotly.Fx.hover(chart, [{ curveNumber: trace, pointNumber: point }], panel);
      }
    };
    chart.addEventListener("keydown", (event) => {
      const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const across = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const places = told();
      if (event.key === "Escape") {
        trace = -1;
        said.textContent = "";
        window.Plotly.Fx.unhover(chart);
        return;
      }
      if ((!along && !across) || !places.length) return;
      event.preventDefault();
      if (!places.includes(trace)) {
        trace = places[0];
        point = 0;
      } else if (along) {
        point = Math.min(Math.max(point + along, 0), length(chart.data[trace]) - 1);
      } else {
        trace = places[(places.indexOf(trace) + across + places.length) % places.length];
        point = Math.min(point, length(chart.data[trace]) - 1);
      }
      show();
    });
  };

  const draw = async (holder) => {
    const { data, layout } = JSON.parse(holder.querySelector("script").textContent);
    const { Fx, newPlot, relayout } = await plotly();
    const chart = document.createElement("div");
    chart.className = "chart";
    chart.tabIndex = 0;
    chart.setAttribute("role", "img");
    const title = holder.querySelector("figcaption strong").textContent;
    chart.setAttribute("aria-label", `${title}: the chart. Arrow keys read it point by point; Escape ends.`);
    const bar = document.createElement("div");
    bar.className = "bar";
    const said = document.createElement("p");
    said.className = "said";
    said.setAttribute("aria-live", "polite");
    const frame = holder.querySelector(".scroll");
    frame.append(chart);
    holder.classList.add("live"); // what is not shown has no size, and words would be set without
    await newPlot(chart, data.map(readings), layout, { displayModeBar: false, doubleClick: "reset", scrollZoom: false });
    if (!Fx) throw new Error("no pointer");
    toggles(chart, bar);
    if (!layout.xaxis.fixedrange) {
      const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
      bar.append(button("Whole view", () =>
        relayout(chart, Object.fromEntries(axes.map((name) => [`${name}.range`, layout[name].range])))));
    }
    bar.append(button("Still picture", (made) => {
      const live = holder.classList.toggle("live");
      made.textContent = live ? "Still picture" : "Chart";
    }));
    frame.before(bar);
    frame.after(said);
    byKeys(chart, said);
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target).catch(() => {
        entry.target.classList.remove("live");
        entry.target.querySelectorAll(".chart, .bar, .said").forEach((part) => part.remove());
      });
    }
  }, { rootMargin: "300px" });
  holders.forEach((holder) => seen.observe(holder));
})();
