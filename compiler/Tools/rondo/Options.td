// The flags of `rondo`, and which command takes which.
include "llvm/Option/OptParser.td"

def Check : SubCommand<"check", "look for mistakes in a program", "rondo check FILE [options]">;
def Compile : SubCommand<"compile", "make an executable, a library, a header, or the text of a phase",
                         "rondo compile FILE [-o OUT] [options]">;
def Run : SubCommand<"run", "compile and call an entry point", "rondo run FILE [options]">;
def Verify : SubCommand<"verify", "compare a model's results with PyTorch's, or with saved ones",
                        "rondo verify FILE --against reference.py|DIR [options]">;
def Inspect : SubCommand<"inspect", "show the weights, entry points, work and memory of a model",
                         "rondo inspect FILE [options]">;
def Fmt : SubCommand<"fmt", "format programs, in place", "rondo fmt FILE... [--check] (-: stdin to stdout)">;
def New : SubCommand<"new", "make a folder with a first model", "rondo new NAME">;
def Ops : SubCommand<"ops", "list the functions and modules of the language", "rondo ops [NAME] [--dialect]">;
def Passes : SubCommand<"passes", "list the passes in the order in which they run", "rondo passes [-O0]">;

// --name VALUE and --name=VALUE.
multiclass Value<string name, string meta, string help, list<SubCommand> commands> {
  def NAME : Separate<["--"], name, commands>, MetaVarName<meta>, HelpText<help>;
  def NAME#_eq : Joined<["--"], name#"=", commands>, Alias<!cast<Separate>(NAME)>;
}

def help : Flag<["--"], "help", [Check, Compile, Run, Verify, Inspect, Fmt, New, Ops, Passes]>, HelpText<"Say what a command takes">;
def h : Flag<["-"], "h", [Check, Compile, Run, Verify, Inspect, Fmt, New, Ops, Passes]>, Alias<help>;
def version : Flag<["--"], "version", [Check, Compile, Run, Verify, Inspect, Fmt, New, Ops, Passes]>, HelpText<"Say the version">;

// What is compiled.
defm model : Value<"model", "NAME", "The root model (else the file's last)", [Check, Compile, Run, Verify, Inspect]>;
defm entry : Value<"entry", "NAME", "The entry point (compile: all; run: forward)", [Check, Compile, Run, Verify, Inspect]>;
defm set : Value<"set", "NAME=VALUE", "Give a hyper-parameter of the root model", [Check, Compile, Run, Verify, Inspect]>;
defm dim : Value<"dim", "NAME=SIZE", "Fix a dimension variable", [Check, Compile, Run, Verify, Inspect]>;
defm given : Value<"given", "NAMES", "The optional arguments that are there, with commas", [Check, Compile, Run, Verify, Inspect]>;
defm stream : Value<"stream", "NAME", "Not supported yet: one call for each step of a dimension",
                    [Check, Compile, Run, Inspect]>;
defm weights : Value<"weights", "FILE", "Weights: a safetensors file, or a prepared one (compile: checks them)",
                     [Compile, Run, Verify, Inspect]>;

// What is made of it.
def embed_weights : Flag<["--"], "embed-weights", [Compile]>, HelpText<"Put the weights of --weights into the object">;
def o : JoinedOrSeparate<["-"], "o", [Compile]>, MetaVarName<"PATH">,
        HelpText<"The output; its suffix says what to make">;
defm emit : Value<"emit", "KIND", "What to make: ast, rondo, graph, linalg, kernels, buffers, llvm, llvmir, asm, obj, "
                  "exe, shared, static, header, c-example, prepared", [Compile]>;
defm target : Value<"target", "NAME", "The processor: host, x86-64, x86-64-v3, x86-64-v4, aarch64, riscv64, wasm32; or "
                    "several levels of x86-64, with commas", [Compile, Run, Verify, Inspect]>;
def O : Joined<["-"], "O", [Compile, Run, Verify, Inspect, Passes]>, MetaVarName<"LEVEL">,
        HelpText<"Optimise: 0, 1, 2 or 3 (the default)">;
def g : Flag<["-"], "g", [Compile, Run]>, HelpText<"Keep lines, functions and variables for debuggers">;
def sanitize : Flag<["--"], "sanitize", [Compile, Run, Verify]>,
               HelpText<"Check every access of the code to memory (slow; for whoever works on the compiler)">;
defm depfile : Value<"depfile", "PATH", "Write the files that were read, for make and ninja", [Compile]>;

// What a run is given.
defm seed : Value<"seed", "N", "Draw weights and missing inputs from this seed", [Run, Verify]>;
defm input : Value<"input", "NAME=FILE.npy", "An argument; a number as NAME=5", [Run, Verify]>;
defm output : Value<"output", "DIR", "Write results as 0.npy, 1.npy, ...", [Run]>;
defm decode : Value<"decode", "FILE", "Print integer results as characters of this text", [Run]>;
defm save_prepared : Value<"save-prepared", "FILE", "Write the prepared weights, which --weights maps, and stop", [Run]>;
def interpret : Flag<["--"], "interpret", [Run]>, HelpText<"Walk the program's IR instead of compiling it, in float64">;
def interpret_eq : Joined<["--"], "interpret=", [Run]>, MetaVarName<"MODE">,
                   HelpText<"The same in a mode: float64, rounded (each result to its type) or perturbed:SEED (down or up at random)">;
def verify_each_phase : Flag<["--"], "verify-each-phase", [Run]>,
                        HelpText<"Interpret the program after each phase, then run it; name the pass that changes a number">;
defm time : Value<"time", "N", "Time N calls", [Run, Verify]>;
defm against : Value<"against", "PATH", "A program that makes inputs, weights and what has to come out, or a folder "
                     "of them", [Verify]>;

// Looking inside.
defm dump_phases : Value<"dump-phases", "DIR", "Write the text of every phase", [Compile, Run]>;
defm print_before : Value<"print-before", "PASS", "Print the IR before a pass", [Compile, Run]>;
defm print_after : Value<"print-after", "PASS", "Print the IR after a pass", [Compile, Run]>;
def print_after_change : Flag<["--"], "print-after-change", [Compile, Run]>,
                         HelpText<"Print the IR after each pass that changes it">;
def timing : Flag<["--"], "timing", [Compile, Run]>, HelpText<"Say how long each pass takes">;
def explain : Flag<["--"], "explain", [Compile, Run]>, HelpText<"Say what passes did, and did not do, and why">;

// Of one command each.
def check : Flag<["--"], "check", [Fmt]>, HelpText<"Change nothing; name the files that would change, exit with 1">;
def dialect : Flag<["--"], "dialect", [Ops]>, HelpText<"List the operations of rondo's IR instead">;
def json : Flag<["--"], "json", [Inspect]>, HelpText<"Print JSON">;
