//! Machine code: made, kept, freed. All that is asked of Cranelift's modules is here.

use cranelift_codegen::Context as Compiling;
use cranelift_codegen::ir::{AbiParam, Signature, UserFuncName, Value, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, default_libcall_names};
use std::mem::ManuallyDrop;

/// How much work goes into the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Made fast.
    None,
    /// Runs fast.
    Speed,
}

/// Why there is no machine code: a reason that a report can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCode(pub String);

impl std::fmt::Display for NoCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoCode {}

/// Functions that are being compiled into one module.
pub struct Workshop {
    module: Guard,
    compiling: Compiling,
    building: FunctionBuilderContext,
    bytes: usize,
}

/// Frees a module that never becomes [`Code`].
struct Guard(Option<JITModule>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: nothing of this module was handed out: addresses are asked of `Code` only.
            unsafe { module.free_memory() };
        }
    }
}

/// A function of a workshop.
#[derive(Debug, Clone, Copy)]
pub struct Made(FuncId);

/// Compiled functions. Their memory is freed with it.
pub struct Code {
    module: ManuallyDrop<JITModule>,
    /// Bytes of machine code.
    pub bytes: usize,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("bytes", &self.bytes).finish()
    }
}

// SAFETY: after `Workshop::finish` the module is never changed, only its finished code is read and run, which any thread may.
unsafe impl Send for Code {}
// SAFETY: likewise.
unsafe impl Sync for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: the module is taken once, here. Whoever calls code of it borrows or shares `Code`, so nothing runs it any more.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() }
    }
}

impl Code {
    /// The address of a function.
    pub fn address(&self, made: Made) -> *const u8 {
        self.module.get_finalized_function(made.0)
    }
}

impl Workshop {
    /// An empty module for this processor.
    pub fn new(level: Level) -> Result<Workshop, NoCode> {
        let wrong = |error: &dyn std::fmt::Display| NoCode(format!("no machine code for this processor: {error}"));
        let (opt_level, registers) = match level {
            Level::None => ("none", "single_pass"),
            Level::Speed => ("speed", "backtracking"),
        };
        let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
        let mut flags = settings::builder();
        for (name, value) in [
            ("opt_level", opt_level),
            ("regalloc_algorithm", registers),
            ("enable_verifier", verifier),
            ("is_pic", "false"),
            ("unwind_info", "false"),
            ("use_colocated_libcalls", "false"),
        ] {
            flags.set(name, value).map_err(|error| wrong(&error))?;
        }
        let isa = cranelift_native::builder().map_err(|error| wrong(&error))?;
        let isa = isa.finish(settings::Flags::new(flags)).map_err(|error| wrong(&error))?;
        let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
        // No symbol of the host is ever looked up.
        builder.symbol_lookup_fn(Box::new(|_| None));
        let module = JITModule::new(builder);
        let compiling = module.make_context();
        Ok(Workshop { module: Guard(Some(module)), compiling, building: FunctionBuilderContext::new(), bytes: 0 })
    }

    fn module(&mut self) -> &mut JITModule {
        self.module.0.as_mut().expect("it is taken by `finish`, which takes the workshop")
    }

    /// An empty signature of the host's convention.
    pub fn signature(&mut self) -> Signature {
        self.module().make_signature()
    }

    /// Compiles one function of `params` words (pointers are words) that gives a word, or nothing. `body` ends each way with a return.
    pub fn function(
        &mut self,
        params: usize,
        gives: bool,
        body: impl FnOnce(&mut FunctionBuilder<'_>, &[Value]),
    ) -> Result<Made, NoCode> {
        let wrong = |error: &dyn std::fmt::Display| NoCode(format!("the code could not be compiled: {error}"));
        let mut signature = self.signature();
        signature.params.extend(vec![AbiParam::new(types::I64); params]);
        if gives {
            signature.returns.push(AbiParam::new(types::I64));
        }
        let module = self.module.0.as_mut().expect("it is taken by `finish`, which takes the workshop");
        let id = module.declare_anonymous_function(&signature).map_err(|error| wrong(&error))?;
        self.compiling.func.signature = signature;
        self.compiling.func.name = UserFuncName::user(0, id.as_u32());
        let mut builder = FunctionBuilder::new(&mut self.compiling.func, &mut self.building);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let params = builder.block_params(entry).to_vec();
        body(&mut builder, &params);
        builder.seal_all_blocks();
        builder.finalize(module.target_config());
        let defined = module.define_function(id, &mut self.compiling);
        self.bytes += self.compiling.compiled_code().map_or(0, |code| code.code_info().total_size as usize);
        module.clear_context(&mut self.compiling);
        defined.map_err(|error| wrong(&error))?;
        Ok(Made(id))
    }

    /// Makes everything runnable, and no longer writable.
    pub fn finish(mut self) -> Result<Code, NoCode> {
        self.module()
            .finalize_definitions()
            .map_err(|error| NoCode(format!("the code could not be placed: {error}")))?;
        let module = self.module.0.take().expect("it is taken only here");
        Ok(Code { module: ManuallyDrop::new(module), bytes: self.bytes })
    }
}

/// Runs a compilation; a defect of the compiler becomes a reason, not an end of the program.
pub fn guarded<T>(compile: impl FnOnce() -> Result<T, NoCode>) -> Result<T, NoCode> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile))
        .unwrap_or_else(|_| Err(NoCode("the compiler of machine code has failed".to_string())))
}
