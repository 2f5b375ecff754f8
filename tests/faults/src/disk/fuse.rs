//! What the kernel asks, answered from the tree.

use super::Disk;
use super::file::{File, SECTOR};
use super::folder::Folder;
use super::tree::{Node, Tree};
use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Only the kernel changes the tree, so it may remember what it was told.
const REMEMBERED: Duration = Duration::from_secs(1);

/// The file system's side of a disk.
pub(super) struct Mount(pub(super) Disk);

impl Mount {
    /// Carries out one operation, and tells who waits for it when the power went with it.
    fn with<T>(&self, operation: impl FnOnce(&mut Tree) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut tree = self.0.tree();
        let result = operation(&mut tree);
        if tree.is_off() {
            self.0.shared.power_went.notify_all();
        }
        result
    }

    fn make(
        &self,
        request: &Request,
        (folder, name): (INodeNo, &OsStr),
        node: Node,
    ) -> Result<FileAttr, Errno> {
        self.with(|tree| {
            let number = tree.make(folder.0, name, node)?;
            attributes(tree, number, request)
        })
    }
}

impl Filesystem for Mount {
    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.with(|tree| attributes(tree, tree.find(parent.0, name)?, request));
        entry(found, reply);
    }

    fn getattr(&self, request: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        attr(self.with(|tree| attributes(tree, ino.0, request)), reply);
    }

    fn setattr(
        &self,
        request: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let changed = self.with(|tree| {
            if let Some(size) = size {
                tree.file_mut(ino.0)?.set_length(place(size)?);
            }
            attributes(tree, ino.0, request)
        });
        attr(changed, reply);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        entry(self.make(request, (parent, name), Node::Folder(Folder::default())), reply);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.make(request, (parent, name), Node::File(File::default())) {
            Ok(attr) => {
                let (handle, flags) = (FileHandle(0), FopenFlags::empty());
                reply.created(&REMEMBERED, &attr, Generation(0), handle, flags);
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.with(|tree| tree.unlink(parent.0, name)), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let within_folder = parent == newparent;
        let renamed = self.with(|tree| match within_folder {
            true => tree.rename(parent.0, name, newname),
            false => Err(Errno::EXDEV),
        });
        empty(renamed, reply);
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let data = self.with(|tree| match tree.node(ino.0)? {
            Node::File(file) => {
                let rest = file.bytes().get(place(offset)?..).unwrap_or_default();
                let size = place(u64::from(size))?.min(rest.len());
                Ok(rest.get(..size).unwrap_or_default().to_vec())
            }
            Node::Folder(_) => Err(Errno::EISDIR),
        });
        match data {
            Ok(data) => reply.data(&data),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.with(|tree| {
            tree.file_mut(ino.0)?.write(place(offset)?, data);
            u32::try_from(data.len()).map_err(|_| Errno::EINVAL)
        });
        match written {
            Ok(length) => reply.written(length),
            Err(error) => reply.error(error),
        }
    }

    /// Closing a file syncs nothing.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        empty(self.with(|tree| tree.file_mut(ino.0).map(File::sync)), reply);
    }

    fn fsyncdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _datasync: bool,
        reply: ReplyEmpty,
    ) {
        empty(self.with(|tree| tree.folder_mut(ino.0).map(Folder::sync)), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let listed = self.with(|tree| {
            let Node::Folder(folder) = tree.node(ino.0)? else { return Err(Errno::ENOTDIR) };
            for (index, (name, number)) in (1..).zip(folder.names()).skip(place(offset)?) {
                let kind = match tree.node(*number)? {
                    Node::File(_) => FileType::RegularFile,
                    Node::Folder(_) => FileType::Directory,
                };
                if reply.add(INodeNo(*number), index, kind, name) {
                    break;
                }
            }
            Ok(())
        });
        match listed {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }
}

fn attributes(tree: &Tree, number: u64, request: &Request) -> Result<FileAttr, Errno> {
    let (kind, size, perm) = match tree.node(number)? {
        Node::File(file) => (FileType::RegularFile, file.bytes().len() as u64, 0o600),
        Node::Folder(_) => (FileType::Directory, 0, 0o700),
    };
    Ok(FileAttr {
        ino: INodeNo(number),
        size,
        blocks: size.div_ceil(SECTOR as u64),
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind,
        perm,
        nlink: 1,
        uid: request.uid(),
        gid: request.gid(),
        rdev: 0,
        blksize: 4_096,
        flags: 0,
    })
}

fn place(offset: u64) -> Result<usize, Errno> {
    usize::try_from(offset).map_err(|_| Errno::EINVAL)
}

fn entry(found: Result<FileAttr, Errno>, reply: ReplyEntry) {
    match found {
        Ok(attr) => reply.entry(&REMEMBERED, &attr, Generation(0)),
        Err(error) => reply.error(error),
    }
}

fn attr(found: Result<FileAttr, Errno>, reply: ReplyAttr) {
    match found {
        Ok(attr) => reply.attr(&REMEMBERED, &attr),
        Err(error) => reply.error(error),
    }
}

fn empty(done: Result<(), Errno>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}
