// SPDX-License-Identifier: MIT
#include "html_style.hpp"

namespace a2a_backup {

std::string_view report_style() {
  // Every pair of text and background has a contrast of 4.5 at least, every mark one of 3.
  return R"css(
:root{color-scheme:light dark;--page:#f6f5f1;--card:#fff;--ink:#1d2126;--soft:#59616a;--rule:#e4e1da;
--good:#17744a;--warn:#8a5600;--bad:#b3261e;--tint:#fdf1ef;--blue:#2a6592;--wash:#2a659220;--none:#8d8b85}
@media(prefers-color-scheme:dark){:root{--page:#121519;--card:#1a1e23;--ink:#e9e7e2;--soft:#a5abb2;
--rule:#2f353c;--good:#58c08a;--warn:#eab04e;--bad:#ff8f86;--tint:#2a1c1d;--blue:#77b5e2;--wash:#77b5e22b;--none:#6f767e}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem)}
header{padding-top:clamp(1.25rem,5vw,3rem)}
footer{padding-bottom:3rem;color:var(--soft);font-size:.875rem}
p{margin:.5rem 0}
.place{margin:0 0 1.25rem;color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}
section{margin:1rem 0;padding:clamp(1rem,3vw,1.5rem);background:var(--card);border:1px solid var(--rule);border-radius:12px}
h1{margin:0;font-size:clamp(1.5rem,4.6vw,2.25rem);font-weight:650;line-height:1.2;letter-spacing:-.018em;text-wrap:balance}
h2{margin:0 0 .75rem;font-size:1.125rem;font-weight:650;letter-spacing:-.008em}
h3{margin:0;font-size:1rem;font-weight:600}
.verdict{display:grid;grid-template-columns:auto 1fr;gap:0 clamp(.875rem,3vw,1.5rem);align-items:start;padding:clamp(1.25rem,4vw,2rem);border-top:5px solid var(--mark)}
.verdict>.i{width:clamp(2.75rem,9vw,4.25rem);height:clamp(2.75rem,9vw,4.25rem);margin:.25rem 0 0}
.word{margin:0 0 .125rem;color:var(--mark);font-weight:650}
.remarks{margin:.625rem 0 0;color:var(--soft)}
.remarks p{margin:.125rem 0}
.is-good{--mark:var(--good)}.is-attention{--mark:var(--warn)}.is-bad{--mark:var(--bad)}
.i{width:1em;height:1em;margin-right:.4em;vertical-align:-.12em;flex:none}
.i.good{color:var(--good)}.i.attention{color:var(--warn)}.i.bad{color:var(--bad)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.25rem 1.5rem;margin:1.75rem 0 0;padding:1.25rem 0 0;border-top:1px solid var(--rule);grid-column:1/-1}
.facts dt{color:var(--soft);font-size:.875rem}
.facts dd{margin:0;font-size:1.25rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.facts small{display:block;color:var(--soft);font-size:.8125rem;font-weight:400;letter-spacing:0}
.problems,.plain{margin:0;padding:0;list-style:none}
.problems li{display:flex;padding:.5rem 0;border-top:1px solid var(--rule);overflow-wrap:anywhere}
.problems li:first-child{border:0}
.problems .i{margin-top:.3em}
.problems div{min-width:0}
.problems b{font-weight:600}
.scroll{overflow-x:auto}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px;border-radius:4px}
.cal{direction:rtl;padding:2px 2px 8px}
.cal>div{direction:ltr;display:flex;gap:8px;width:max-content;min-width:18rem;margin-right:auto}
.cal ol{position:relative;flex:1;display:grid;justify-content:end;grid-auto-flow:column;grid-template-rows:repeat(7,13px);grid-auto-columns:13px;gap:3px;margin:0;padding:22px 2px 2px 0;list-style:none;font-size:12px;line-height:16px;color:var(--soft);
background:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='16' height='16'%3E%3Crect x='3' width='13' height='13' rx='3' fill='%23888' fill-opacity='.14'/%3E%3C/svg%3E") right 0 top 0/16px 16px content-box}
.cal li{background-clip:border-box;border-radius:3px;border:1px solid transparent}
[data-m]::before{content:attr(data-m);position:absolute;top:0;pointer-events:none}
.wd{display:grid;grid-template-rows:repeat(3,32px);padding-top:20px;font-size:12px;line-height:16px;color:var(--soft)}
.cal .g,.key .g{background:var(--good);border-color:var(--good)}
.cal .n,.key .n{border-color:var(--none)}
.cal .b,.key .b{border-color:var(--bad);background:linear-gradient(45deg,transparent 42%,var(--bad) 42% 58%,transparent 58%),linear-gradient(-45deg,transparent 42%,var(--bad) 42% 58%,transparent 58%)}
.t{outline:2px solid var(--ink);outline-offset:1px}
.key{color:var(--soft);font-size:.875rem}
.key i{display:inline-block;width:13px;height:13px;margin:0 .3em 0 .9em;border:1px solid;border-radius:3px;vertical-align:-1px}
.key i:first-child{margin-left:0}
.charts{display:grid;gap:2rem}
@media(min-width:60rem){.charts{grid-template-columns:repeat(3,minmax(0,1fr))}.cal>div{min-width:900px}}
figure{margin:0;min-width:0}
figcaption span{color:var(--soft);font-size:.875rem}
.plot{display:block;width:100%;height:220px;padding:14px 6px 28px 74px;overflow:visible;font-size:12px;font-variant-numeric:tabular-nums}
.plot g{stroke:var(--rule)}
.plot svg{overflow:visible}
.plot text{fill:var(--soft);stroke:none;text-anchor:middle}
.plot .e{text-anchor:end}
.plot path{fill:none;vector-effect:non-scaling-stroke;stroke:var(--blue);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.plot .area{fill:var(--wash);stroke:none}
.plot .dots{stroke-width:5}
details{margin-top:.25rem}
summary{padding:.25rem 0;color:var(--blue);font-size:.875rem;cursor:pointer}
details .scroll{max-height:20rem;overflow-y:auto}
.list+*,section>details .scroll{max-height:none}
table{width:100%;border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
td,th{padding:.4rem .6rem;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top;white-space:nowrap;font-weight:400}
td:first-child,th:first-child,.list td:nth-child(2),.list td:nth-child(n+8),.list th:nth-child(2),.list th:nth-child(n+8){text-align:left}
tr:last-child>*{border-bottom:0}
th[scope=col]{color:var(--soft);font-size:.8125rem}
.bad>*{background:var(--tint)}
.tag{padding:.05rem .45rem;border:1px solid var(--rule);border-radius:9px;font-size:.8125rem}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.defs{position:absolute;width:0;height:0}
@media(max-width:30rem){.verdict{padding:1.25rem 1rem}.facts{grid-template-columns:1fr 1fr;gap:1rem}.facts dd{font-size:1.0625rem}.plot{padding-left:70px}.list th[scope=row]{min-width:9.5rem;white-space:normal;overflow-wrap:anywhere}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#ccc;--good:#17744a;--warn:#8a5600;--bad:#b3261e;--tint:#fff;--blue:#2a6592;--wash:#2a659220;--none:#8d8b85}
body{font-size:11pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
section{border:0;border-top:1px solid var(--rule);border-radius:0;padding:1rem 0}figure,tr,.verdict{break-inside:avoid}
.scroll,details .scroll{overflow:visible;max-height:none}.list{font-size:7.5pt}.list td,.list th{padding:.2rem .3rem;white-space:normal}
details::details-content{display:block;content-visibility:visible;block-size:auto}summary{color:var(--soft);list-style:none}}
)css";
}

}  // namespace a2a_backup
